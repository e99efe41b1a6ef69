"""Write the labels that count as one file, as finkvra reads it."""

import argparse
from pathlib import Path

from pipeline.contract.arguments import add_configuration

COMMAND = "vra export"
EXAMPLES = ("nightmill vra export labels.csv",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV; it must not exist yet")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write it."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy
    from pipeline.vra.labels.exporting import export_labels  # noqa: PLC0415
    from pipeline.vra.labels.store import read  # noqa: PLC0415

    if arguments.file.exists():
        raise ValueError(f"{arguments.file}: is there already; nothing was written")
    folder = arguments.directory / read_assistant(arguments.directory, arguments.configfile).labels
    labels = read(folder)
    count = export_labels(labels, arguments.file)
    print(f"{count} labels in {arguments.file}")
    if labels.problems:
        print(f"{len(labels.problems)} lines to look at: nightmill vra agreement tells them")
