"""What a run found in its packets, in lines for a person."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.alerts.counts import COUNTED
from pipeline.alerts.domain import SUMMARY
from pipeline.contract import paths
from pipeline.contract.reasons import reason_lines


def night_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night that a working directory holds."""
    for path in sorted(directory.glob(SUMMARY.format(survey="*", night="*"))):
        counts = json.loads(path.read_text())
        parts = ", ".join(f"{counts[name]} {name}" for name in COUNTED)
        survey, night = path.parent.name, path.stem
        of = f"packets of {survey} {night}"
        yield f"{of}: {parts}"
        yield from reason_lines(of, "rejected", _reasons(directory, survey, night))


def _reasons(directory: Path, survey: str, night: str) -> Counter[str]:
    """Count why packets of a night were rejected."""
    pattern = paths.table("rejected").format(survey=survey, night=night, shard="*")
    found: Counter[str] = Counter()
    for path in directory.glob(pattern):
        found.update(pq.read_table(path, columns=["reason"])["reason"].to_pylist())
    return found
