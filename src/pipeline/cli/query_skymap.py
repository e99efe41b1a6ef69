"""Find the alerts inside the credible region of a skymap."""

import argparse

from pipeline.archive.query.command_line import add_alerts
from pipeline.contract.arguments import add_configuration

COMMAND = "query skymap"
EXAMPLES = (
    "nightmill query skymap IC231202A --limit 20",
    "nightmill query skymap bayestar.multiorder.fits.gz --level 0.9 --window 0 3 --survey ztf",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("map", help="a file, or the name of an event in maps.tsv or events.tsv")
    parser.add_argument(
        "--level", type=float, help="credible level; default: that of maps.tsv, 0.9 of a file"
    )
    parser.add_argument(
        "--window",
        type=float,
        nargs=2,
        metavar=("FIRST", "LAST"),
        help="days after the event; default: that of maps.tsv, any time of a file",
    )
    add_alerts(parser)
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what is inside, the most probable first."""
    from pipeline.archive.query.command_line import (  # noqa: PLC0415 - only this command
        columns_of,
        options_of,
        warnings_to_stderr,
    )
    from pipeline.archive.query.files import FilesHome  # noqa: PLC0415
    from pipeline.archive.query.output import format_of, write  # noqa: PLC0415
    from pipeline.plan.named_maps import area_of  # noqa: PLC0415

    warnings_to_stderr()
    form, options = format_of(arguments.output, arguments.format), options_of(arguments)
    where = arguments.directory, arguments.configfile
    area = area_of(arguments.map, arguments.level, arguments.window, *where)
    home = FilesHome(arguments.directory)
    found = home.region(area, columns_of(arguments.columns), arguments.survey)
    write(found.slice(options.skip, options.limit), arguments.output, form)
