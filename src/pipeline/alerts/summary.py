"""What a run found, in lines for a person."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.night import COUNTED
from pipeline.contract import paths

SCORED = 0.5
"""A score above means yes, for the networks of the field."""


def summary_lines(directory: Path) -> list[str]:
    """Return a line for each night and each table that a working directory holds.

    Raises
    ------
    FileNotFoundError
        If nothing has been run there.
    """
    results = directory / paths.RESULTS
    if not results.is_dir():
        raise FileNotFoundError(f"{results}: no results; run the workflow first")
    lines = [f"Results are in {results}"]
    parts = (_nights, _scores, _matches, _skymaps)
    return [*lines, *(line for part in parts for line in part(directory))]


def _nights(directory: Path) -> Iterator[str]:
    for path in sorted(directory.glob(paths.SUMMARY.format(survey="*", night="*"))):
        counts = json.loads(path.read_text())
        parts = ", ".join(f"{counts[name]} {name}" for name in COUNTED)
        yield f"  packets of {path.parent.name} {path.stem}: {parts}"


def _files(directory: Path, name: str) -> list[Path]:
    pattern = paths.table(name).format(survey="*", night="*", shard="*")
    return sorted(directory.glob(pattern))


def _scores(directory: Path) -> Iterator[str]:
    above, scored = Counter(), Counter()
    for path in _files(directory, "scores"):
        table = pq.read_table(path)
        for column in table.schema:
            if f"{column.name}_version" in table.column_names:  # else no model's
                scored[column.name] += table.num_rows - table[column.name].null_count
                above[column.name] += pc.sum(pc.greater(table[column.name], SCORED)).as_py() or 0
    for name, count in scored.items():
        yield f"  {name}: {above[name]} of {count} scored alerts above {SCORED}"


def _matches(directory: Path) -> Iterator[str]:
    matches, alerts = Counter(), Counter()
    for path in _files(directory, "matches"):
        table = pq.read_table(path, columns=["catalog", "rank"])
        matches.update(table["catalog"].to_pylist())
        alerts.update(table.filter(pc.equal(table["rank"], 1))["catalog"].to_pylist())
    for name, count in sorted(matches.items()):
        yield f"  {name}: {count} matches of {alerts[name]} alerts"


def _skymaps(directory: Path) -> Iterator[str]:
    path = directory / paths.SKYMAP_SUMMARY
    if not path.is_file():
        return
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            position = f"RA {float(row['ra_deg']):.2f}, Dec {float(row['dec_deg']):+.2f}"
            truth = row["truth_distance_deg"]
            distance = f", {float(truth):.2f} deg from the truth" if truth else ""
            area = f"90 % area {float(row['area_90_deg2']):.3g} deg² ({row['levels']})"
            yield f"  skymap of {row['event']}: {position}{distance}; {area}"
