"""What the rules of alerts do: one function a rule, its only entry."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.alerts.kept import Kept


def fetch(url: str, sha256: str | None, output: str, patience_s: float | None) -> None:
    """Fetch a night's dump from the web; see `pipeline.io.fetch.fetch`.

    Parameters
    ----------
    url, sha256, output : str
    patience_s : float or None
        When a slow server is given up [s]; None for the usual.
    """
    from pipeline.io.fetch import fetch as fetch_file
    from pipeline.io.patience import PATIENCE_SECONDS

    fetch_file(url, Path(output), sha256, patience=patience_s or PATIENCE_SECONDS)


def index_part(
    dump: str, survey: str, part: tuple[int, int], schemas: str | None, output: str, spool: str
) -> int:
    """Index a part of a night's dump; see `pipeline.alerts.index.index_part`.

    Parameters
    ----------
    dump, survey : str
    part : (int, int)
        Which of how many.
    schemas : str or None
    output, spool : str
    """
    from pipeline.alerts.index import index_part as index
    from pipeline.alerts.parts import Part
    from pipeline.alerts.surveys.registry import get_survey

    folder = Path(schemas) if schemas else None
    which = Part(*part)
    return index(Path(dump), get_survey(survey), which, Path(output), Path(spool), folder)


def index(parts: Iterable[str], dump: str, output: str) -> dict[str, int]:
    """Merge the parts of a night's index; see `pipeline.alerts.index_merge.merge_index`."""
    from pipeline.alerts.index_merge import merge_index

    return merge_index([Path(part) for part in parts], Path(dump), Path(output))


def decode(
    index: str,
    survey: str,
    part: tuple[int, int],
    history: Kept,
    tables: Iterable[str],
    counts: str,
) -> dict[str, int]:
    """Decode and clean one shard; see `pipeline.alerts.decode.decode_shard`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    history : str
        What is kept of it: all, new or none.
    tables : iterable of str
        The files of alerts, history and rejected.
    counts : str
        Written last.
    """
    from pipeline.alerts.decode import ShardFiles, decode_shard
    from pipeline.alerts.surveys.registry import get_survey

    files = ShardFiles(*map(Path, (*tables, counts)))
    return decode_shard(Path(index), get_survey(survey), *part, files, history)


def summary(counts: Iterable[str], output: str) -> dict[str, int]:
    """Add up a night; see `pipeline.alerts.counts.summarise_night`."""
    from pipeline.alerts.counts import summarise_night

    return summarise_night(map(Path, counts), Path(output))
