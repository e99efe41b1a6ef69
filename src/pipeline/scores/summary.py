"""What the models found, in lines for a person."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract import paths

SCORED = 0.5
"""A score above means yes, for the networks of the field."""


def score_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each model whose scores a working directory holds."""
    above, scored = Counter(), Counter()
    for path in paths.files_of(directory, "scores"):
        table = pq.read_table(path)
        for column in table.schema:
            if f"{column.name}_version" in table.schema.names:
                scored[column.name] += table.num_rows - table[column.name].null_count
                above[column.name] += pc.sum(pc.greater(table[column.name], SCORED)).as_py() or 0
    for name, count in scored.items():
        yield f"{name}: {above[name]} of {count} scored alerts above {SCORED}"
