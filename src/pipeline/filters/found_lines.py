"""What a working directory holds of filters, for a person."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.filters.domain import SUMMARY
from pipeline.io.json_file import read_json

MOST_FILTERS = 10
"""Of a survey's newest night, that have a line of their own."""
MOST_NAMED = 3


def filter_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each night, and of each survey's newest for its filters as well."""
    paths = sorted(directory.glob(SUMMARY.format(survey="*", night="*")))
    for survey, nights in groupby(paths, key=lambda path: path.parent.name):
        *earlier, newest = nights
        for path in earlier:
            yield _night_line(survey, path.stem, read_json(path))
        night = read_json(newest)
        yield _night_line(survey, newest.stem, night)
        # those of which nothing can be said first: somebody has to look at them
        found = sorted(night["filters"].items(), key=lambda item: (-item[1]["unknown"], item[0]))
        for name, one in found[:MOST_FILTERS]:
            yield _filter_line(f"filter {name}, {survey} {newest.stem}", night["alerts"], one)
        if len(found) > MOST_FILTERS:
            yield f"and {len(found) - MOST_FILTERS} more filters: {newest.relative_to(directory)}"


def _night_line(survey: str, night: str, told: dict[str, Any]) -> str:
    passed = {name: one["passed"] for name, one in told["filters"].items() if one["passed"]}
    most = sorted(passed, key=lambda name: (-passed[name], name))[:MOST_NAMED]
    line = (
        f"filters of {survey} {night}: {len(told['filters'])} on {told['alerts']:,} alerts, "
        f"which passed {sum(passed.values()):,} times"
    )
    if most:
        line += f", most {', '.join(f'{name} ({passed[name]:,})' for name in most)}"
    unknown = sum(bool(one["unknown"]) for one in told["filters"].values())
    return line + (f"; nothing can be said by {unknown}" if unknown else "")


def _filter_line(what: str, alerts: int, one: dict[str, Any]) -> str:
    line = f"{what}: {one['passed']:,} of {alerts:,} alerts"
    usual = one["earlier_share"]
    if usual is not None:
        line += f" ({usual * alerts:,.0f} by the earlier nights)"
    if one["unknown"]:
        why = f": {one['warnings'][0]}" if one["warnings"] else ""
        line += f"; nothing can be said of {one['unknown']:,}{why}"
    return line
