"""What the rules of filters do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def filter(
    index: str,
    survey: str,
    part: tuple[int, int],
    filters: Iterable[Mapping[str, Any]],
    joined: Mapping[str, str],
    catalogs: Mapping[str, Sequence[str]],
    earlier: Sequence[str] | None,
    server: Mapping[str, Any] | None,
    outputs: Sequence[str],
) -> dict[str, Any]:
    """Run filters on one shard; see `pipeline.filters.shard.filter_shard`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    filters : iterable of mapping
        The values of each `pipeline.filters.filter.Filter`.
    joined : mapping of str to str
        The shard's tables ``scores`` and ``matches``, where there are any.
    catalogs : mapping of str to sequence of str
        The survey's catalogues and their columns.
    earlier : sequence of str or None
        Stores of earlier nights' histories; None if a packet's own is all that is seen.
    server : mapping or None
        The values of a `pipeline.services.mongodb.Server`, for what cannot be translated.
    outputs : (str, str, str)
        Candidates, verdicts, counts.
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.filters.filter import Filter
    from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard
    from pipeline.services.mongodb import Server

    tables = {name: Path(path) for name, path in joined.items()}
    inputs = ShardInputs(
        Path(index),
        part,
        tables.get("scores"),
        tables.get("matches"),
        catalogs,
        earlier=None if earlier is None else tuple(map(Path, earlier)),
        server=None if server is None else Server(**server),
    )
    chosen = [Filter.of(values) for values in filters]
    return filter_shard(inputs, get_survey(survey), chosen, ShardOutputs(*map(Path, outputs)))


def keep_histories(index: str, survey: str, part: tuple[int, int], output: str) -> int:
    """Keep what a shard's packets know of earlier times; see `pipeline.filters.history.store`."""
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.filters.history.store import keep_histories as keep

    return keep(Path(index), get_survey(survey), part, Path(output))


def merge_histories(stores: Iterable[str], survey: str, output: str) -> int:
    """Merge what is kept of a month's nights; see `pipeline.filters.history.store`."""
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.filters.history.store import merge_histories as merge

    return merge(map(Path, stores), get_survey(survey), Path(output))


def summarise_filters(counts: Iterable[str], earlier: Iterable[str], output: str) -> dict[str, Any]:
    """Add up a night's filters; see `pipeline.filters.night.summarise`."""
    from pipeline.filters.night import summarise

    return summarise(list(map(Path, counts)), list(map(Path, earlier)), Path(output))


def write_payloads(
    index: str,
    survey: str,
    part: tuple[int, int],
    candidates: str,
    filters: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
    instrument: Mapping[str, Any],
    output: str,
) -> int:
    """Write a shard's requests to SkyPortal; see `pipeline.filters.payloads.write_payloads`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    candidates : str
        The shard's table.
    filters : iterable of (mapping, mapping)
        The values of each `pipeline.filters.filter.Filter` and `Sending`.
    instrument : mapping
        The values of `pipeline.filters.payloads.Instrument`.
    output : str
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.filters.filter import Filter, Sending
    from pipeline.filters.payloads import Instrument, Told
    from pipeline.filters.payloads import write_payloads as write

    told = [Told(Filter.of(one), Sending(**sending)) for one, sending in filters]
    return write(
        Path(index),
        part,
        get_survey(survey),
        Path(candidates),
        told,
        Instrument(**instrument),
        Path(output),
    )


def post_payloads(payloads: str, url: str, token_file: str | None, receipt: str) -> dict[str, int]:
    """Post a shard's requests; see `pipeline.filters.post.post`."""
    from pipeline.filters.post import post, read_token

    return dict(post(Path(payloads), url, read_token(token_file), Path(receipt)).counts)
