"""What a run found in its packets, in lines for a person."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.alerts.domain import SUMMARY
from pipeline.alerts.night import COUNTED


def night_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night that a working directory holds."""
    for path in sorted(directory.glob(SUMMARY.format(survey="*", night="*"))):
        counts = json.loads(path.read_text())
        parts = ", ".join(f"{counts[name]} {name}" for name in COUNTED)
        yield f"packets of {path.parent.name} {path.stem}: {parts}"
