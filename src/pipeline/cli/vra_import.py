"""Take over what a user of finkvra has: labels, training ids, saved polls."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contract.arguments import add_configuration

if TYPE_CHECKING:
    from pipeline.vra.configured import Assistant

COMMAND = "vra import"
EXAMPLES = (
    "nightmill vra import labels.csv training_ids.csv polls/*_alerts.parquet",
    "nightmill vra import labels.csv --runs mlruns --of finkvra",
)
MOST_TOLD = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="finkvra's, told by their columns"
    )
    parser.add_argument(
        "--runs", metavar="STORE", help="her MLflow: a folder mlruns, sqlite:///…, or http(s)://…"
    )
    parser.add_argument("--of", metavar="EXPERIMENT", help="of --runs: whose runs are the rounds")
    parser.add_argument("--who", default="finkvra", metavar="NAME", help="whose labels they are")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Append labels; print what was found."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy
    from pipeline.vra.labels.importing import add_labels, read_files  # noqa: PLC0415
    from pipeline.vra.labels.store import labels_file, read  # noqa: PLC0415

    if (arguments.runs is None) != (arguments.of is None):
        raise ValueError("--runs goes with --of, the experiment in it")
    section = read_assistant(arguments.directory, arguments.configfile)
    folder = arguments.directory / section.labels
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
    if arguments.runs is not None:
        _earlier(arguments, section)


def _earlier(arguments: argparse.Namespace, section: "Assistant") -> None:
    """Take over rounds; print how many."""
    from pipeline.vra.configured import Rounds  # noqa: PLC0415
    from pipeline.vra.labels.store import read  # noqa: PLC0415
    from pipeline.vra.mirror.earlier import read_runs, write_earlier  # noqa: PLC0415
    from pipeline.vra.rounds.class_maps import class_map  # noqa: PLC0415

    rounds = section.rounds or Rounds.model_validate({})
    found = read_runs(arguments.runs, arguments.of)
    labels = read(arguments.directory / section.labels).by_candid()
    count = write_earlier(
        arguments.directory,
        section.experiment,
        found,
        labels,
        class_map(rounds.classes),
        section.labels,
        section.survey,
    )
    print(
        f"rounds: {count} of {arguments.of} are those of {section.experiment}; the next run goes on"
    )
