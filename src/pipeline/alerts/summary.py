"""What a run found in its packets, in lines for a person."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.alerts.domain import SUMMARY
from pipeline.alerts.night import COUNTED
from pipeline.contract import paths

MOST_REASONS = 3
"""The most frequent reasons that are told of a night."""


def night_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night that a working directory holds."""
    for path in sorted(directory.glob(SUMMARY.format(survey="*", night="*"))):
        counts = json.loads(path.read_text())
        parts = ", ".join(f"{counts[name]} {name}" for name in COUNTED)
        survey, night = path.parent.name, path.stem
        yield f"packets of {survey} {night}: {parts}"
        for reason, number in _reasons(directory, survey, night).most_common(MOST_REASONS):
            yield f"packets of {survey} {night}: {number} rejected: {reason}"


def _reasons(directory: Path, survey: str, night: str) -> Counter[str]:
    """Count why packets of a night were rejected."""
    pattern = paths.table("rejected").format(survey=survey, night=night, shard="*")
    found: Counter[str] = Counter()
    for path in directory.glob(pattern):
        found.update(pq.read_table(path, columns=["reason"])["reason"].to_pylist())
    return found
