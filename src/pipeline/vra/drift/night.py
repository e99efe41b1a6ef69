"""A night's pool and the promoted round's training set → a row for each feature, and the score."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.io.atomic import atomic_path
from pipeline.vra.drift.compare import Compared, compare, holm
from pipeline.vra.features_table import feature_names
from pipeline.vra.rounds.frozen import TRAINING_SET

SCORE = "score"
COLUMNS = ("what", *(f.name for f in fields(Compared)), "p_holm", "p_null_holm", "version")


def drift_rows(
    features: Iterable[Path], scores: Iterable[Path], closed: Path, version: str
) -> list[dict[str, Any]]:
    """Compare a night with what the model learned from.

    Parameters
    ----------
    features, scores : iterable of Path
        The night's tables ``features`` and ``assistant_scores``.
    closed : Path
        The promoted round's folder.
    version : str
        Of its model.

    Returns
    -------
    list of dict
        With `COLUMNS`: the features in their order, then the score.

    Raises
    ------
    ValueError
        If the round does not keep what it learned from.
    """
    path = closed / TRAINING_SET
    if not path.exists():
        raise ValueError(
            f"{path}: is not there: the round was closed before Nightmill kept it; close it anew "
            f"(delete {closed}), or promote a later one"
        )
    before = pq.read_table(path)
    learned = feature_names(before.column_names)
    now = pa.concat_tables(pq.read_table(f, columns=learned) for f in sorted(features))
    said = pa.concat_tables(pq.read_table(f, columns=[SCORE]) for f in sorted(scores))
    names = [*learned, SCORE]
    found = [compare(_numbers(said if n == SCORE else now, n), _numbers(before, n)) for n in names]
    # one family: what is looked at is numbers, and whether there are any
    adjusted = holm([*(one.p for one in found), *(one.p_null for one in found)])
    return [
        {"what": n, **asdict(one), "p_holm": p, "p_null_holm": p_null, "version": version}
        for n, one, p, p_null in zip(
            names, found, adjusted[: len(found)], adjusted[len(found) :], strict=True
        )
    ]


def write_rows(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Write rows as CSV, whole or not at all; what is null is empty."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of such a file."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            yield {name: _value(name, text) for name, text in row.items()}


_WORDS = ("what", "version", "reason")


def _value(name: str, text: str) -> Any:
    if not text:
        return None
    return text if name in _WORDS else float(text)


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    column = table[name].cast(pa.float64())
    return np.asarray(column.fill_null(float("nan")).to_numpy(), np.float64)
