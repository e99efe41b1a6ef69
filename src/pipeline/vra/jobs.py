"""What the rules of the assistant do: one function a rule, its only entry."""

from pathlib import Path
from typing import Any


def features(
    tables: dict[str, str],
    survey: str,
    filter_name: str,
    finkvra_compat: bool,
    dust: list[str],
    drop: list[str],
    further: dict[str, list[str]],
    output: str,
) -> int:
    """Write the features of one shard's pool; see `pipeline.vra.features`.

    Parameters
    ----------
    tables : dict of str to str
        The shard's ``alerts``, ``history`` and ``candidates``; ``context`` and ``scores`` where
        they are needed.
    survey : str
    filter_name : str
        Whose candidates are the pool.
    finkvra_compat : bool
    dust : list of str
        The two files of a dust map, or none.
    drop : list of str
        Classifications of ``context`` that are not in the pool.
    further : dict of str to list of str
        See `pipeline.vra.further.Further`; empty for the 21 alone.
    output : str
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.vra.dust import DustMap
    from pipeline.vra.features import features_of_shard
    from pipeline.vra.further import Further

    return features_of_shard(
        Path(tables["alerts"]),
        Path(tables["history"]),
        Path(tables["candidates"]),
        filter_name,
        get_survey(survey),
        Path(output),
        finkvra_compat=finkvra_compat,
        dust=DustMap((Path(dust[0]), Path(dust[1]))) if dust else None,
        context=Path(tables["context"]) if "context" in tables else None,
        drop=drop,
        further=Further(**further) if further else None,
        scores=Path(tables["scores"]) if "scores" in tables else None,
    )


def context(
    tables: dict[str, str], survey: str, filter_name: str, by: dict[str, Any], output: str
) -> int:
    """Write class and host of one shard's pool; return how many.

    Parameters
    ----------
    tables : dict of str to str
        The shard's ``alerts``, ``candidates`` and ``matches``.
    survey : str
    filter_name : str
        Whose candidates are the pool.
    by : dict
        ``roles``, ``at_it_arcsec`` and ``looked``: see `pipeline.vra.context.associate`.
    output : str
    """
    from pipeline.vra.context.associate import write_context
    from pipeline.vra.passed import passed_rows

    pool = passed_rows(tables, filter_name, ["candid"])["candid"]
    matches = Path(tables["matches"])
    return write_context(pool.to_numpy(), matches, **by, survey=survey, output=Path(output))


def sherlock(
    tables: dict[str, str], survey: str, filter_name: str, asking: dict[str, Any], output: str
) -> int:
    """Write what Lasair's Sherlock says of one shard's pool; return how many places were asked.

    Parameters
    ----------
    tables : dict of str to str
        The shard's ``alerts`` and ``candidates``.
    survey : str
    filter_name : str
        Whose candidates are the pool.
    asking : dict
        ``url``, ``folder`` and ``per_hour``: see `pipeline.vra.context.sherlock`.
    output : str
    """
    from pipeline.vra.context.sherlock import write_sherlock
    from pipeline.vra.passed import passed_rows

    pool = passed_rows(tables, filter_name, ["candid", "ra", "dec"])
    asking |= {"folder": Path(asking["folder"])}
    return write_sherlock(pool, **asking, survey=survey, output=Path(output))


def vra_worklist(
    features: list[str], closed: str | None, asking: dict[str, Any], began: dict[str, Any],
    output: dict[str, str],
) -> int:  # fmt: skip
    """Write the worklist of a round, and with what it begins; return its length.

    Parameters
    ----------
    features : list of str
        The table ``features`` of all nights.
    closed : str or None
        The folder of the round before.
    asking : dict
        See `pipeline.vra.rounds.worklist.Asking`.
    began : dict
        What `pipeline.vra.rounds.began.Began` has beside.
    output : dict of str to str
        ``worklist`` and ``began``.
    """
    from pipeline.vra.rounds.before import before
    from pipeline.vra.rounds.began import Began
    from pipeline.vra.rounds.pool import read_pool
    from pipeline.vra.rounds.worklist import Asking, write_worklist

    how = Asking(**asking)
    pool = read_pool(map(Path, features))
    last = before(Path(closed) if closed else None, pool)
    strategy = "random" if last.p is None else how.strategy
    chosen = write_worklist(pool, last.p, last.labelled, how, Path(output["worklist"]))
    began |= {"round": how.round, "strategy": strategy, "seed": how.seed}
    Began(**began, pool=pool.num_rows, candids=chosen).write(Path(output["began"]))
    return len(chosen)


def vra_close(
    features: list[str], closed: str | None, began: str, learning: dict[str, Any], output: str
) -> dict[str, Any]:
    """Close a round; return what its ``meta.json`` says.

    Parameters
    ----------
    features : list of str
        The table ``features`` of all nights.
    closed : str or None
        The folder of the round before.
    began : str
        The file with what the round began: whose labels, of which classes.
    learning : dict
        What `pipeline.vra.rounds.closing.Learning` has beside.
    output : str
        A folder, which appears whole or not at all.
    """
    from pipeline.io.atomic import atomic_folder
    from pipeline.vra.labels.store import read
    from pipeline.vra.rounds.began import read_began
    from pipeline.vra.rounds.closing import Learning, close_round
    from pipeline.vra.rounds.frozen import TRAINING, read_training
    from pipeline.vra.rounds.pool import read_pool

    round_ = read_began(Path(began))
    how = Learning(round=round_.round, strategy=round_.strategy, classes=round_.classes, **learning)
    earlier = read_training(Path(closed, TRAINING)) if closed else {}
    pool = read_pool(map(Path, features))
    with atomic_folder(output) as folder:
        return close_round(pool, read(Path(round_.labels)), earlier, how, folder)


def vra_bench(features: list[str], oracle: str, campaign: dict[str, Any], output: str) -> int:
    """Write one campaign as JSON; return its number of rounds.

    Parameters
    ----------
    features : list of str
        The table ``features`` of all nights.
    oracle : str
        A labels file.
    campaign : dict
        See `pipeline.vra.bench.campaign.Campaign`.
    output : str
    """
    from pipeline.io.atomic import write_json
    from pipeline.vra.bench.campaign import Campaign, run_campaign
    from pipeline.vra.bench.oracle import read_oracle
    from pipeline.vra.rounds.pool import read_pool

    how = Campaign(**campaign)
    rounds = run_campaign(read_pool(map(Path, features)), read_oracle(Path(oracle)), how)
    of = {"strategy": how.strategy, "size": how.size, "seed": how.seed}
    write_json({**of, "rounds": rounds}, output)
    return len(rounds)


def vra_bench_summary(
    campaigns: list[str], target: float, title: str, output: dict[str, str]
) -> list[str]:
    """Write the curves of some campaigns as a table and a picture; return them in words.

    Parameters
    ----------
    campaigns : list of str
    target : float
        Recall to reach.
    title : str
    output : dict of str to str
        ``table`` (CSV) and ``picture`` (PNG).
    """
    from pipeline.io.json_file import read_json
    from pipeline.vra.bench.curves import curves, words, write_curves
    from pipeline.vra.bench.picture import write_picture

    rows = curves(read_json(Path(path)) for path in campaigns)
    write_curves(rows, Path(output["table"]))
    write_picture(rows, target, title, Path(output["picture"]))
    return list(words(rows, target))


def assistant_scores(features: str, closed: str, version: str, output: str) -> int:
    """Write the promoted model's scores of one shard's pool; return how many.

    Parameters
    ----------
    features : str
        The shard's table.
    closed : str
        The folder of the round whose model it is.
    version : str
    output : str
    """
    from pipeline.vra.scores_table import write_scores

    return write_scores(Path(features), Path(closed), version, Path(output))


def vra_mirror(
    directory: str, experiment: str, uri: str | None, closed: dict[int, str], output: str
) -> dict[str, Any]:
    """Write closed rounds into MLflow; return the receipt, which says what waits and why.

    Parameters
    ----------
    directory : str
        The working directory.
    experiment : str
    uri : str or None
        A server; without one a database under the results.
    closed : dict of int to str
        The folders of closed rounds.
    output : str
        The receipt.
    """
    from pipeline.io.atomic import write_json
    from pipeline.vra.mirror.sync import sync

    folders = {number: Path(path) for number, path in closed.items()}
    receipt = sync(Path(directory), experiment, uri, folders)
    write_json(receipt, output)
    return receipt


def drift(
    tables: dict[str, list[str]], closed: str, version: str, title: str, output: dict[str, str]
) -> list[str]:
    """Compare a night with the promoted round's training set; return what has moved.

    Parameters
    ----------
    tables : dict of str to list of str
        The night's ``features`` and ``assistant_scores``.
    closed : str
        The folder of the promoted round.
    version : str
        Of its model.
    title : str
        Of the picture.
    output : dict of str to str
        ``table`` (CSV) and ``picture`` (PNG).
    """
    from pipeline.vra.drift.night import drift_rows, write_rows
    from pipeline.vra.drift.picture import draw_drift, moved

    features, scores = (map(Path, tables[n]) for n in ("features", "assistant_scores"))
    rows = drift_rows(features, scores, Path(closed), version)
    write_rows(rows, Path(output["table"]))
    draw_drift(rows, title, Path(output["picture"]))
    return [row["what"] for row in rows if moved(row)]
