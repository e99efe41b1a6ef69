"""Options by which any command is told where the workflow runs, and on what."""

import argparse
import re
from pathlib import Path


def candid(text: str) -> int:
    """Read a candid: an integer of 64 bits, and no float on its way.

    >>> candid("1234567890123456789")
    1234567890123456789
    """
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not -(2**63) <= int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"a candid is an integer of 64 bits (found {text!r})")
    return int(text)


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Declare where the results are."""
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="the workflow's working directory"
    )


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Declare where the workflow runs and what is laid over its configuration."""
    add_directory(parser)
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="laid over config/config.yaml, as of snakemake",
    )
