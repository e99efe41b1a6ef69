"""What a run found in its packets, in lines for a person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.alerts.counts import COUNTED, LEFT_OUT
from pipeline.alerts.domain import SUMMARY
from pipeline.contract import paths
from pipeline.contract.reasons import reason_lines
from pipeline.io.json_file import read_json


def night_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night that a working directory holds."""
    for path in sorted(directory.glob(SUMMARY.format(survey="*", night="*"))):
        counts = read_json(path)
        survey, night = path.parent.name, path.stem
        of = f"packets of {survey} {night}"
        yield f"{of}: {', '.join(_parts(counts))}"
        where = str(Path(_rejected(survey, night)).parent)
        yield from reason_lines(of, "rejected", _reasons(directory, survey, night), where)


def _parts(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield the counts of a night; what is left out of the history only if something is."""
    for name in COUNTED:
        if name != LEFT_OUT:
            yield f"{counts[name]} {name}"
        elif number := counts.get(name):  # a summary of version 0.1 has none
            yield f"{number} rows of history left out"


def _reasons(directory: Path, survey: str, night: str) -> Counter[str]:
    """Count why packets of a night were rejected."""
    found: Counter[str] = Counter()
    for path in directory.glob(_rejected(survey, night)):
        found.update(pq.read_table(path, columns=["reason"])["reason"].to_pylist())
    return found


def _rejected(survey: str, night: str) -> str:
    """Return a pattern of the table of what was rejected."""
    return paths.table("rejected").format(survey=survey, night=night, shard="*")
