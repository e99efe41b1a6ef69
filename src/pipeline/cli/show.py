"""Show an object, an alert or an event: light curve, stamps, scores, matches; contour areas."""

import argparse
from pathlib import Path

from pipeline.contract.arguments import add_directory

COMMAND = "show"
EXAMPLES = (
    "nightmill show ZTF20aaelulu",
    "nightmill show IC231202A --png contours.png --directory .demo",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="an object, a candid, or an event")
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
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print, or write, what there is."""
    from pipeline.show.shown import print_found, write_files  # noqa: PLC0415 - heavy

    if arguments.png is None and arguments.html is None:
        print_found(arguments.directory, arguments.name, arguments.survey)
        return
    for line in write_files(
        arguments.directory, arguments.name, arguments.survey, arguments.png, arguments.html
    ):
        print(line)
