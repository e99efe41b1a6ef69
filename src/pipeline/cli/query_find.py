"""Find documents of a catalogue, in a MongoDB's words."""

import argparse

from pipeline.archive.query.command_line import add_home, add_options, add_output

COMMAND = "query find"
EXAMPLES = (
    'nightmill query find alerts --filter \'{"magpsf": {"$lt": 18}}\' --sort magpsf --limit 5',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("catalog", help="a table, or a collection of documents")
    parser.add_argument(
        "--filter", default="{}", metavar="JSON", help="as MongoDB's find takes it; @FILE is read"
    )
    parser.add_argument("--projection", default="{}", metavar="JSON", help="what of a document")
    parser.add_argument(
        "--sort", action="append", default=[], metavar="PATH", help="PATH:-1 downwards; repeatable"
    )
    add_options(parser)
    add_output(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print them."""
    from pipeline.archive.query.bounded import bounded  # noqa: PLC0415
    from pipeline.archive.query.command_line import (  # noqa: PLC0415 - only this command
        object_of,
        options_of,
        warnings_to_stderr,
    )
    from pipeline.archive.query.home import Wanted  # noqa: PLC0415
    from pipeline.archive.query.output import format_of, write  # noqa: PLC0415
    from pipeline.plan.homes import open_home  # noqa: PLC0415

    warnings_to_stderr()
    form, options = format_of(arguments.output, arguments.format), options_of(arguments)
    filter_, projection = object_of(arguments.filter), object_of(arguments.projection)
    archive = open_home(arguments.directory, arguments.mongodb, arguments.configfile)
    with archive as home, bounded(options):
        found = home.find(arguments.catalog, Wanted(filter_, projection or None), options)
    write(found, arguments.output, form)
