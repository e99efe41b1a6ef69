"""Show an object, an alert, an event or a map: light curve, stamps, scores, matches; areas."""

import argparse
from pathlib import Path

from pipeline.contract.arguments import add_configuration

COMMAND = "show"
EXAMPLES = (
    "nightmill show ZTF20aaelulu",
    "nightmill show IC231202A --png contours.png --directory .demo",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="an object, a candid, an event, or a map")
    parser.add_argument("--survey", help="of the object or alert, where several have the name")
    parser.add_argument(
        "--png",
        type=Path,
        metavar="FILE",
        help="write a picture instead: light curve and stamps, the surroundings of an event",
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page instead, which needs no other file"
    )
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print, or write, what there is."""
    from pipeline.show.shown import print_found, write_files  # noqa: PLC0415 - heavy

    of = arguments.directory, arguments.name, arguments.survey
    png, html, files = arguments.png, arguments.html, arguments.configfile
    if png is None and html is None:
        print_found(*of, files)
        return
    for line in write_files(*of, png, html, files):
        print(line)
