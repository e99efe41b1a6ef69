"""What was found in the catalogues, in lines for a person."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract import paths


def match_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each catalogue that a working directory holds matches of."""
    matches: Counter[str] = Counter()
    alerts: Counter[str] = Counter()
    for path in paths.files_of(directory, "matches"):
        table = pq.read_table(path, columns=["catalog", "rank"])
        matches.update(table["catalog"].to_pylist())
        alerts.update(table.filter(pc.equal(table["rank"], 1))["catalog"].to_pylist())
    for name, count in sorted(matches.items()):
        yield f"{name}: {count} matches of {alerts[name]} alerts"
