"""Write closed rounds into MLflow: those that are missing there."""

import argparse

from pipeline.contract.arguments import add_configuration

COMMAND = "vra sync"
EXAMPLES = ("nightmill vra sync",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Mirror all closed rounds."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy
    from pipeline.vra.mirror.sync import sync_all  # noqa: PLC0415

    section = read_assistant(arguments.directory, arguments.configfile)
    uri = section.mlflow.uri if section.mlflow is not None else None
    found = sync_all(arguments.directory, section.experiment, uri)
    if found["reason"] is not None:
        raise ValueError(f"{found['reason']}; {len(found['waiting'])} rounds wait, none is lost")
    there = len(found["runs"])
    print(
        f"{found['uri']}: {there} rounds of {section.experiment}, {len(found['new'])} of them new"
    )
