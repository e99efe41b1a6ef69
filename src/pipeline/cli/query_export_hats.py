"""Write a survey's alerts as a HATS catalogue, which LSDB opens."""

import argparse
from pathlib import Path

from pipeline.contract.arguments import add_directory

COMMAND = "query export-hats"
EXAMPLES = ("nightmill query export-hats ztf ztf_hats --columns object_id,jd,magpsf,fid",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("survey")
    parser.add_argument("output", type=Path, help="a folder that is not there yet")
    parser.add_argument("--columns", default="all", help="by commas; default: all")
    parser.add_argument(
        "--rows", type=int, default=1_000_000, metavar="N", help="of a partition at most"
    )
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write it, and print how many rows it has."""
    from pipeline.archive.hats import export_hats  # noqa: PLC0415 - only this command
    from pipeline.archive.query.command_line import columns_of  # noqa: PLC0415
    from pipeline.archive.readable import named  # noqa: PLC0415
    from pipeline.archive.tables import ALERTS  # noqa: PLC0415
    from pipeline.archive.whole import surveys_of, whole_nights  # noqa: PLC0415

    out = arguments.output
    if not out.parent.is_dir():
        raise ValueError(f"{out}: there is no folder {out.parent}")
    there = surveys_of(arguments.directory)
    if arguments.survey not in there:
        raise ValueError(f"no alerts of {arguments.survey!r}; there are {', '.join(there)}")
    if arguments.rows < 1:
        raise ValueError("--rows is at least 1")
    nights = whole_nights(arguments.directory, ALERTS, arguments.survey)
    tables = [file for night in nights for file in night.files]
    columns = columns_of(arguments.columns) or "all"
    with named(tables):
        rows = export_hats(tables, arguments.survey, out, columns, arguments.rows)
    print(f"{out}: {rows} alerts")
