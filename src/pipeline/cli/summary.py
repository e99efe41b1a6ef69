"""Say in a few lines what a run of the workflow found, and where it lies."""

import argparse
from pathlib import Path

COMMAND = "summary"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="the workflow's working directory"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the summary."""
    from pipeline.plan.found import found_lines  # noqa: PLC0415 - only this command

    for line in found_lines(arguments.directory):
        print(line)
