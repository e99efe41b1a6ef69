"""What the commands ``nightmill query …`` have in common."""

import argparse
import logging
import sys
from pathlib import Path

from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.query.home import MAX_TIME_S, Options


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Declare where the tables are."""
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="the workflow's working directory"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Declare where the answer goes."""
    parser.add_argument(
        "--format",
        choices=("text", "json", "csv", "parquet", "votable"),
        help="default: what the output's name says; text on a terminal, else JSON",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what holds for any query that returns rows."""
    parser.add_argument("--limit", type=int, metavar="N", help="rows at most")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the first N")
    parser.add_argument(
        "--max-time", type=float, default=MAX_TIME_S, metavar="S", help="stop it then [s]"
    )


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options that a command was given.

    Raises
    ------
    ValueError
        If one is out of range.
    """
    limit, skip, time = arguments.limit, arguments.skip, arguments.max_time
    if (limit is not None and limit < 0) or skip < 0:
        raise ValueError("--limit and --skip are at least 0")
    if not time > 0:
        raise ValueError("--max-time is more than 0 s")
    return Options(limit=limit, skip=skip, max_time_s=time)


def columns_of(given: str | None) -> list[str] | str | None:
    """Return the columns that an option names.

    >>> columns_of("candid, magpsf"), columns_of("all"), columns_of(None)
    (['candid', 'magpsf'], 'all', None)
    """
    if given is None or given == EVERY_COLUMN:
        return given
    return [name.strip() for name in given.split(",")]


def text_of(given: str) -> str:
    """Return a text that is given, or that of a file: ``@FILE``."""
    return Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given


def warnings_to_stderr() -> None:
    """Let warnings of a query, such as a night without an index, be seen."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("nightmill: %(message)s"))
    logging.getLogger("pipeline").addHandler(handler)
