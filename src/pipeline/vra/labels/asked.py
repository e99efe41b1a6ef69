"""Which alerts labels are asked for: a round's worklist, or those that passed a filter."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract import paths
from pipeline.vra.features_table import feature_names
from pipeline.vra.labels.session import Asked
from pipeline.vra.places import WORKLIST, round_name

_OF_ALERT = ("survey", "candid", "object_id")


def of_round(directory: Path, experiment: str, number: int) -> list[Asked]:
    """Return the alerts of a round's worklist, in its order.

    Raises
    ------
    ValueError
        If the worklist is no whole table, naming it.
    """
    path = directory / WORKLIST.format(experiment=experiment, round=round_name(number))
    table = _read(path)
    return [_asked(row) for row in table.sort_by("rank").to_pylist()]


def of_filter(directory: Path, survey: str, name: str, night: str | None) -> list[Asked]:
    """Return the alerts that passed a filter, by time, with their features where there are any.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    survey : str
    name : str
        Of the filter.
    night : str or None
        Of all nights, if it is None.

    Raises
    ------
    ValueError
        If none passed, or a table is damaged; it is named.
    """
    pattern = paths.table("candidates").format(survey=survey, night=night or "*", shard="*")
    files = sorted(directory.glob(pattern))
    if not files:
        raise ValueError(f"{directory / pattern}: no night has been filtered")
    rows = [row for file in files for row in _passed(directory, file, name)]
    if not rows:
        others = sorted({other for file in files for other in _filters(file)})
        known = ", ".join(others[:20]) or "none"
        raise ValueError(f"no alert passed a filter {name!r} (there are alerts of: {known})")
    rows.sort(key=lambda row: (row["jd"], row["candid"]))
    return [_asked(row) for row in rows]


def _passed(directory: Path, file: Path, name: str) -> Iterator[dict[str, Any]]:
    table = _read(file, [*_OF_ALERT, "jd", "filter"])
    table = table.filter(pc.equal(table["filter"].cast(pa.string()), name))
    beside = directory / paths.RESULTS / "features" / Path(*file.parts[-3:])
    features: dict[int, dict[str, Any]] = {}
    if table.num_rows and beside.is_file():
        some = _read(beside)
        rows = some.select(["candid", *feature_names(some.column_names)]).to_pylist()
        features = {row["candid"]: row for row in rows}
    for row in table.drop_columns("filter").to_pylist():
        yield row | features.get(row["candid"], {})


def _filters(file: Path) -> Iterable[str]:
    return _read(file, ["filter"])["filter"].cast(pa.string()).unique().to_pylist()


def _asked(row: dict[str, Any]) -> Asked:
    features = {name: row[name] for name in feature_names(row)}
    survey, candid, object_id = (row[name] for name in _OF_ALERT)
    return Asked(survey, candid, object_id, row.get("score"), features)


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: is no whole table: {error}") from error
