"""Write config.yaml (all keys, commented) and config.schema.json into a folder."""

import argparse
from pathlib import Path

COMMAND = "write-config"
EXAMPLES = ("nightmill write-config config",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, help="for example config")


def run(arguments: argparse.Namespace) -> None:
    """Write both files."""
    from pipeline.plan.export import write_config  # noqa: PLC0415 - only this command

    write_config(arguments.folder)
    print(f"wrote config.yaml and config.schema.json in {arguments.folder}")
