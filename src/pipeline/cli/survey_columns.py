"""Print a first list of columns for a new survey, out of one of its packets."""

import argparse
from pathlib import Path

COMMAND = "survey columns"
EXAMPLES = ("nightmill survey columns data/skyeye",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "packets", type=Path, metavar="PACKETS", help="folder, .avro, .tar(.gz) or .parquet"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the list."""
    from pipeline.alerts.surveys.draft import draft_columns  # noqa: PLC0415 - slow to import

    print(draft_columns(arguments.packets), end="")
