"""Select from the tables in SQL."""

import argparse

from pipeline.archive.query.command_line import add_options, add_output
from pipeline.contract.arguments import add_directory

COMMAND = "query sql"
EXAMPLES = (
    'nightmill query sql "select night, count(*) as n from alerts group by night"',
    "nightmill query sql @question.sql --output answer.vot",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "sql",
        help="one SELECT in DuckDB's dialect; each table has its name, all surveys and a column "
        "night; @FILE is read from a file",
    )
    add_options(parser)
    add_output(parser)
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what it selects."""
    from pipeline.archive.query.bounded import bounded  # noqa: PLC0415
    from pipeline.archive.query.command_line import (  # noqa: PLC0415
        options_of,
        text_of,
        warnings_to_stderr,
    )
    from pipeline.archive.query.files import FilesHome  # noqa: PLC0415
    from pipeline.archive.query.output import format_of, write  # noqa: PLC0415

    warnings_to_stderr()
    form, options = format_of(arguments.output, arguments.format), options_of(arguments)
    with bounded(options):
        found = FilesHome(arguments.directory).sql(text_of(arguments.sql), options)
    write(found, arguments.output, form)
