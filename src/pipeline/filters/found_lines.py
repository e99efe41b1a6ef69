"""What a working directory holds of filters, for a person."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.filters.domain import SUMMARY


def filter_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night and filter."""
    for path in sorted(directory.glob(SUMMARY.format(survey="*", night="*"))):
        night = json.loads(path.read_text())
        for name, one in sorted(night["filters"].items()):
            line = (
                f"filter {name}, {path.parent.name} {path.stem}: "
                f"{one['passed']:,} of {night['alerts']:,} alerts"
            )
            usual = one["earlier_share"]
            if usual is not None:
                line += f" ({usual * night['alerts']:,.0f} by the earlier nights)"
            if one["unknown"]:
                line += f"; nothing can be said of {one['unknown']:,}: {one['warnings'][0]}"
            yield line
