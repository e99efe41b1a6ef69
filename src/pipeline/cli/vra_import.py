"""Take over what a user of finkvra has: labels, training ids, saved polls."""

import argparse
import sys
from pathlib import Path

from pipeline.contract.arguments import add_configuration

COMMAND = "vra import"
EXAMPLES = ("nightmill vra import labels.csv training_ids.csv polls/*_alerts.parquet",)
MOST_TOLD = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="finkvra's, told by their columns"
    )
    parser.add_argument("--who", default="finkvra", metavar="NAME", help="whose labels they are")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Append labels; print what was found."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy
    from pipeline.vra.labels.importing import add_labels, read_files  # noqa: PLC0415
    from pipeline.vra.labels.store import labels_file, read  # noqa: PLC0415

    folder = arguments.directory / read_assistant(arguments.directory, arguments.configfile).labels
    path = labels_file(folder, arguments.who)
    found = read_files(arguments.files, arguments.who)
    for problem in found.problems[:MOST_TOLD]:
        print(problem, file=sys.stderr)
    if len(found.problems) > MOST_TOLD:
        print(f"and {len(found.problems) - MOST_TOLD} more such lines", file=sys.stderr)
    new = add_labels(folder, arguments.who, found.labels)
    print(f"labels: {new} new of {len(found.labels)} in {path}")
    labelled = read(folder).by_candid().keys()
    if found.trained:
        last, without = max(found.trained.values()), found.trained.keys() - labelled
        print(f"trained on: {len(found.trained)} in rounds up to {last}; {len(without)} unlabelled")
    if found.polled:
        print(f"polls: {len(found.polled)} alerts, {len(found.polled & labelled)} labelled")
