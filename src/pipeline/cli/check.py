"""Look at everything that can be wrong before a run: a line each, and what to do about it."""

import argparse
import sys

from pipeline.contract.arguments import add_configuration

COMMAND = "check"
EXAMPLES = (
    "nightmill check",
    "nightmill check --cluster slurm --directory /data/night",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_configuration(parser)
    parser.add_argument(
        "--cluster", choices=("slurm", "htcondor"), help="whether jobs can be submitted there"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print what was found; raise if something is wrong."""
    from contextlib import chdir  # noqa: PLC0415 - only this command

    from pipeline.io.console import take_any_letter  # noqa: PLC0415
    from pipeline.plan.overlay import read_unchecked  # noqa: PLC0415
    from pipeline.plan.try_all import try_all  # noqa: PLC0415

    take_any_letter(sys.stdout)
    request = read_unchecked(arguments.directory, arguments.configfile)
    wrong = 0
    with chdir(arguments.directory):
        for trial in try_all(request, arguments.cluster):
            wrong += bool(trial.problem)
            word, tail = ("WRONG", f": {trial.problem}") if trial.problem else ("ok", "")
            print(f"{word:<6} {trial.what}{tail}", flush=True)
    if wrong:
        raise ValueError(f"{wrong} of these would stop the run, or parts of it")
