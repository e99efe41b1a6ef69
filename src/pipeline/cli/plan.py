"""Say what a run will need, before it: jobs, CPU, memory, disk, inodes, time."""

import argparse
import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.contract.arguments import add_configuration

if TYPE_CHECKING:
    from pipeline.contract.request import Request
    from pipeline.plan.forecast import Forecast

COMMAND = "plan"
EXAMPLES = (
    "nightmill plan",
    "nightmill plan --packets ztf=3e5 --cores 64",
)
MOST_PACKETS, MOST_BYTES, MOST_CORES = 1e12, 1e9, 1_000_000
"""Of a night, of a packet, of a cluster: more is a slip of the hand."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_configuration(parser)
    parser.add_argument(
        "--cores",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="default: this machine's",
    )
    for name, what, like in (
        ("packets", "packets of each night, whatever is here", "1e7, or lsst=1e7 ztf=3e5"),
        ("bytes", "of a packet in the dump", "82e3, or by survey likewise"),
    ):
        parser.add_argument(
            f"--{name}",
            nargs="+",
            default=[],
            metavar="N",
            help=f"{what}: {like}",
        )
    parser.add_argument("--json", action="store_true", help="print JSON, with all figures")


def run(arguments: argparse.Namespace) -> None:
    """Print the forecast."""
    from contextlib import chdir  # noqa: PLC0415 - only this command

    from pipeline.contract.work import Expected  # noqa: PLC0415
    from pipeline.plan.forecast import forecast  # noqa: PLC0415
    from pipeline.plan.overlay import read_request  # noqa: PLC0415

    if not 1 <= arguments.cores <= MOST_CORES:
        raise ValueError(f"--cores {arguments.cores}: expected 1 to {MOST_CORES}")
    request = read_request(arguments.directory, arguments.configfile)
    surveys = _surveys(request)
    packets = _by_survey("--packets", arguments.packets, MOST_PACKETS, surveys)
    sizes = _by_survey("--bytes", arguments.bytes, MOST_BYTES, surveys)
    expected = Expected({survey: round(number) for survey, number in packets.items()}, sizes)
    with chdir(arguments.directory):
        found = forecast(request, expected, arguments.cores)
    if arguments.json:
        print(json.dumps(as_json(found), indent=2))
    else:
        from pipeline.plan.show import show  # noqa: PLC0415

        show(found)


def _surveys(request: "Request") -> list[str]:
    from pipeline.alerts.domain import nights  # noqa: PLC0415

    return list(dict.fromkeys(night.survey for night in nights(request)))


def _by_survey(
    option: str, words: Iterable[str], most: float, surveys: list[str]
) -> dict[str, float]:
    """Return a number for each survey; one without a name is for all of them.

    >>> _by_survey("--packets", ["3e5", "lsst=1e7"], 1e12, ["ztf", "lsst"])
    {'ztf': 300000.0, 'lsst': 10000000.0}
    """
    general: dict[str, float] = {}
    named: dict[str, float] = {}
    for word in words:
        survey, _, text = word.rpartition("=")
        if "=" in word and survey not in surveys:
            there = ", ".join(surveys) or "none"
            raise ValueError(f"{option} {word}: no night of {survey!r}; nights are of: {there}")
        if not surveys:
            raise ValueError(f"{option} {word}: the configuration has no night")
        if not text:
            raise ValueError(f"{option} {word}: the number is missing, as in {word}1e6")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 1 <= number <= most:
            raise ValueError(f"{option} {word}: expected a number from 1 to {most:g}")
        for each in [survey] if survey else surveys:
            (named if survey else general)[each] = number
    return general | named


def as_json(found: "Forecast") -> dict[str, object]:
    """Return all figures by name, as `Forecast` and `RuleForecast` describe them."""
    return {
        **asdict(found),
        "jobs": found.jobs,
        "cpu_s": found.cpu_s,
        "output_mb": sum(rule.output_mb for rule in found.rules),
        "spool_mb": sum(rule.spool_mb for rule in found.rules),
        "files": found.files,
    }
