"""Say in a few lines what a run of the workflow found, and where it lies."""

import argparse
import sys

from pipeline.contract.arguments import add_directory

COMMAND = "summary"
EXAMPLES = (
    "nightmill summary",
    "nightmill summary --directory .demo",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the summary."""
    from pipeline.io.console import take_any_letter  # noqa: PLC0415
    from pipeline.plan.found import found_lines  # noqa: PLC0415 - only this command

    take_any_letter(sys.stdout)
    for line in found_lines(arguments.directory):
        print(line)
