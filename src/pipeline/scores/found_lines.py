"""What the models found, in lines for a person."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract import paths
from pipeline.contract.reasons import reason_lines

SCORED = 0.5
"""A score above means yes, for the networks of the field."""


def score_lines(directory: Path) -> Iterator[str]:
    """Yield lines for each model whose scores a working directory holds: found and not found."""
    above: Counter[str] = Counter()
    scored: Counter[str] = Counter()
    lost: dict[str, Counter[str]] = {}
    for path in paths.files_of(directory, "scores"):
        table = pq.read_table(path)
        names = set(table.schema.names)
        for name in (n for n in table.schema.names if f"{n}_version" in names):
            scored[name] += table.num_rows - table[name].null_count
            above[name] += pc.sum(pc.greater(table[name], SCORED)).as_py() or 0
            reasons = table[f"{name}_reason"].drop_null().to_pylist()
            lost.setdefault(name, Counter()).update(reasons)
    for name, count in scored.items():
        yield f"{name}: {above[name]} of {count} scored alerts above {SCORED}"
        where = f"{name}_reason in {paths.RESULTS}/scores"
        yield from reason_lines(name, "not scored", lost[name], where)
