"""Options by which any command is told where the workflow runs, and on what."""

import argparse
from pathlib import Path


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
