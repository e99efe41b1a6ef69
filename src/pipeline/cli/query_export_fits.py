"""Write a table as a FITS file, of all nights or some."""

import argparse
import os
from pathlib import Path

from pipeline.contract.arguments import add_directory

COMMAND = "query export-fits"
EXAMPLES = ("nightmill query export-fits alerts night.fits --survey ztf --night 20180201",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("table", help="such as alerts or matches: its folder under results")
    parser.add_argument("output", type=Path, help="a file, such as night.fits")
    parser.add_argument("--survey", default="*", help="only of it")
    parser.add_argument("--night", help="only of it")
    parser.add_argument("--columns", default="all", help="by commas; default: all")
    parser.add_argument("--overwrite", action="store_true", help="replace the file")
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write it, and print how many rows it has."""
    from pipeline.archive.fits import export_fits  # noqa: PLC0415 - only this command
    from pipeline.archive.query.command_line import columns_of  # noqa: PLC0415
    from pipeline.archive.readable import named  # noqa: PLC0415
    from pipeline.archive.whole import tables_of, whole_nights  # noqa: PLC0415

    out, table = arguments.output, arguments.table
    if not out.parent.is_dir():
        raise ValueError(f"{out}: there is no folder {out.parent}")
    if out.exists() and not out.is_file():  # a device would be replaced by a file
        raise ValueError(f"{out}: is there already, and is no file")
    if os.path.lexists(out) and not arguments.overwrite:
        raise ValueError(f"{out}: is there already: --overwrite")
    there = tables_of(arguments.directory)
    if table not in there:
        raise ValueError(f"no table {table!r}; there are {', '.join(there) or 'none'}")
    nights = [
        night
        for night in whole_nights(arguments.directory, table, arguments.survey)
        if arguments.night in (None, night.night)
    ]
    if not nights:
        named_ones = (arguments.survey, arguments.night)
        of = " ".join(word for word in named_ones if word not in (None, "*"))
        raise ValueError(f"no {table} of {of or 'any night'}")
    tables = [file for night in nights for file in night.files]
    columns = columns_of(arguments.columns) or "all"
    with named(tables):
        rows = export_fits(tables, table, out, columns)
    print(f"{out}: {rows} rows of {table}")
