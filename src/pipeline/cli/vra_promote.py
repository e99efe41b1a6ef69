"""Make a closed round's model the one that scores every night's pool."""

import argparse

from pipeline.contract.arguments import add_configuration

COMMAND = "vra promote"
EXAMPLES = ("nightmill vra promote 3",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("round", type=int, metavar="ROUND", help="its number")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write it into the configuration: the last file that has the section."""
    from pipeline.plan.assistant import configuration_of, read_assistant  # noqa: PLC0415 - heavy
    from pipeline.vra.promote import closed_model, promote  # noqa: PLC0415

    section = read_assistant(arguments.directory, arguments.configfile)
    closed_model(arguments.directory, section.experiment, arguments.round)
    path = configuration_of(arguments.directory, arguments.configfile)
    line = promote(path, arguments.round)
    print(f"{path}: vra: {line}; the next run scores every night with it")
