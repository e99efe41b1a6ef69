"""What the rules of the assistant do: one function a rule, its only entry."""

from pathlib import Path


def features(
    tables: dict[str, str], survey: str, filter_name: str, finkvra_compat: bool, output: str
) -> int:
    """Write the features of one shard's pool; see `pipeline.vra.features`.

    Parameters
    ----------
    tables : dict of str to str
        The shard's ``alerts``, ``history`` and ``candidates``.
    survey : str
    filter_name : str
        Whose candidates are the pool.
    finkvra_compat : bool
    output : str
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.vra.features import features_of_shard

    return features_of_shard(
        Path(tables["alerts"]),
        Path(tables["history"]),
        Path(tables["candidates"]),
        filter_name,
        get_survey(survey),
        Path(output),
        finkvra_compat=finkvra_compat,
    )
