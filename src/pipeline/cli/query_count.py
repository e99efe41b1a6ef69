"""Count the documents of a catalogue that pass a filter."""

import argparse

from pipeline.archive.query.command_line import add_home, add_max_time

COMMAND = "query count"
EXAMPLES = ('nightmill query count alerts --filter \'{"drb": {"$gt": 0.5}}\'',)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("catalog", help="a table, or a collection of documents")
    parser.add_argument(
        "--filter", default="{}", metavar="JSON", help="as MongoDB's find takes it; @FILE is read"
    )
    add_max_time(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print their number."""
    from pipeline.archive.query.bounded import bounded  # noqa: PLC0415
    from pipeline.archive.query.command_line import (  # noqa: PLC0415
        object_of,
        options_of,
        warnings_to_stderr,
    )
    from pipeline.plan.homes import open_home  # noqa: PLC0415

    warnings_to_stderr()
    options = options_of(arguments)
    archive = open_home(arguments.directory, arguments.mongodb, arguments.configfile)
    with archive as home, bounded(options):
        print(home.count_documents(arguments.catalog, object_of(arguments.filter), options))
