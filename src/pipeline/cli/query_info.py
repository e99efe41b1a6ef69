"""Say which catalogues there are, and what one of them has."""

import argparse

from pipeline.archive.query.command_line import add_home

COMMAND = "query info"
EXAMPLES = (
    "nightmill query info",
    "nightmill query info alerts --indexes",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("catalog", nargs="?", help="if absent, all of them")
    parser.add_argument(
        "--indexes", action="store_true", help="by what it is indexed: cone indexes, night by night"
    )
    add_home(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print it as JSON."""
    from pipeline.archive.query.command_line import warnings_to_stderr  # noqa: PLC0415
    from pipeline.archive.query.output import print_json  # noqa: PLC0415 - only this command
    from pipeline.plan.homes import open_home  # noqa: PLC0415

    warnings_to_stderr()
    with open_home(arguments.directory, arguments.mongodb, arguments.configfile) as home:
        if arguments.catalog is None:
            found = {"catalogs": home.catalog_names(), **home.db_info()}
        elif arguments.indexes:
            found = home.index_info(arguments.catalog)
        else:
            found = home.catalog_info(arguments.catalog)
    print_json(found)
