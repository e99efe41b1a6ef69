"""Run an aggregation pipeline over a catalogue."""

import argparse

from pipeline.archive.query.command_line import add_home, add_options, add_output

COMMAND = "query aggregate"
EXAMPLES = ('nightmill query aggregate alerts \'[{"$group": {"_id": "$object_id"}}]\' --limit 3',)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("catalog", help="a table, or a collection of documents")
    parser.add_argument(
        "pipeline", metavar="JSON", help="stages, as MongoDB's aggregate takes them; @FILE is read"
    )
    add_options(parser)
    add_output(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what comes out of it."""
    from pipeline.archive.query.bounded import bounded  # noqa: PLC0415
    from pipeline.archive.query.command_line import (  # noqa: PLC0415 - only this command
        options_of,
        stages_of,
        warnings_to_stderr,
    )
    from pipeline.archive.query.output import format_of, write  # noqa: PLC0415
    from pipeline.plan.homes import open_home  # noqa: PLC0415

    warnings_to_stderr()
    form, options = format_of(arguments.output, arguments.format), options_of(arguments)
    archive = open_home(arguments.directory, arguments.mongodb, arguments.configfile)
    with archive as home, bounded(options):
        found = home.aggregate(arguments.catalog, stages_of(arguments.pipeline), options)
    write(found, arguments.output, form)
