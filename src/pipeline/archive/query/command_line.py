"""What the commands ``nightmill query …`` have in common."""

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.query.home import MAX_TIME_S, Options
from pipeline.contract.arguments import add_configuration

_HANDLER = "nightmill query"


def add_home(parser: argparse.ArgumentParser) -> None:
    """Declare who is asked."""
    add_configuration(parser)
    parser.add_argument(
        "--mongodb", action="store_true", help="ask the MongoDB of the configuration, archive.uri"
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
    add_max_time(parser)


def add_max_time(parser: argparse.ArgumentParser) -> None:
    """Declare when a query is stopped."""
    parser.add_argument(
        "--max-time", type=float, default=MAX_TIME_S, metavar="S", help="stop it then [s]"
    )


def add_alerts(parser: argparse.ArgumentParser) -> None:
    """Declare which alerts are looked for, and what is told of them."""
    parser.add_argument("--survey", action="append", help="only of it; may be repeated")
    parser.add_argument("--columns", help="by commas, or all; default: those of the cone indexes")
    add_options(parser)
    add_output(parser)


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options that a command was given.

    Raises
    ------
    ValueError
        If one is out of range.
    """
    limit, skip = getattr(arguments, "limit", None), getattr(arguments, "skip", 0)  # of rows only
    time = arguments.max_time
    if (limit is not None and limit < 0) or skip < 0:
        raise ValueError("--limit and --skip are at least 0")
    if not time > 0:
        raise ValueError("--max-time is more than 0 s")
    sort = tuple(map(_direction, getattr(arguments, "sort", ())))
    return Options(limit, skip, sort, time)


def _direction(given: str) -> tuple[str, int]:
    """Return a path and its direction.

    >>> _direction("candidate.jd:-1"), _direction("candid")
    (('candidate.jd', -1), ('candid', 1))
    """
    path, _, direction = given.partition(":")
    if direction not in ("", "1", "-1"):
        raise ValueError(f"--sort {given}: expected PATH, PATH:1 or PATH:-1")
    return path, int(direction or 1)


def object_of(given: str) -> dict[str, Any]:
    """Return an object of extended JSON, with comments if need be; ``@FILE`` is read.

    Raises
    ------
    ValueError
        If it is none.

    >>> object_of('{"drb": {"$gt": 0.5}}  // real')
    {'drb': {'$gt': 0.5}}
    """
    from pipeline.documents.extended_json import parse  # noqa: PLC0415 - imports bson

    value = parse(text_of(given))
    if not isinstance(value, dict):
        raise ValueError(f"expected an object in JSON (found {given[:100]!r})")
    return value


def stages_of(given: str) -> list[dict[str, Any]]:
    """Return the stages of a pipeline in extended JSON; ``@FILE`` is read.

    Raises
    ------
    ValueError
        If it is no list.
    """
    from pipeline.documents.extended_json import parse  # noqa: PLC0415 - imports bson

    value = parse(text_of(given))
    if not isinstance(value, list):
        raise ValueError(f"expected a list of stages in JSON (found {given[:100]!r})")
    return value


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
    """Let warnings of a query, such as a night without an index, be seen: once each."""
    logger = logging.getLogger("pipeline")
    for before in [handler for handler in logger.handlers if handler.name == _HANDLER]:
        logger.removeHandler(before)  # of another command in this process
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(logging.Formatter("nightmill: %(message)s"))
    logger.addHandler(handler)
