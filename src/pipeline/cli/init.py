"""Begin a working directory: configuration, tables of inputs, a line for each input given."""

import argparse
from pathlib import Path

from pipeline.contract.arguments import add_directory

COMMAND = "init"
EXAMPLES = (
    "nightmill init ztf_public_20180201.tar.gz",
    "nightmill init alert.json --directory event",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="dumps of packets (folders, .avro, .tar, .tar.gz, .parquet, addresses), event files",
    )
    add_directory(parser)
    parser.add_argument("--survey", help="of the dumps; if absent their first packet says it")
    parser.add_argument("--night", help="of the dumps; if absent YYYYMMDD in their names")


def run(arguments: argparse.Namespace) -> None:
    """Write, and say what was written and what comes next."""
    from pipeline.cli.where import find  # noqa: PLC0415 - only this command
    from pipeline.plan.begin import begin  # noqa: PLC0415

    directory: Path = arguments.directory
    for line in begin(directory, arguments.inputs, arguments.survey, arguments.night):
        print(line)
    where = "" if directory == Path() else f" --directory {directory}"
    snakefile = "" if Path("workflow/Snakefile").exists() else f" --snakefile {find('snakefile')}"
    print(f"next: nightmill plan{where}")
    print(f"      snakemake{snakefile} --profile {find('profiles') / 'local'}{where}")
