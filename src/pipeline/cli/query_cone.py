"""Find the alerts near positions."""

import argparse

from pipeline.archive.query.command_line import add_alerts
from pipeline.contract.arguments import add_directory

COMMAND = "query cone"
EXAMPLES = (
    'nightmill query cone "10.0001 -5.0" --radius 2',
    'nightmill query cone "00h40m00.02s -05d00m00s" --radius 1 --unit arcmin --columns all',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "position",
        nargs="+",
        metavar="POSITION",
        help="'RA DEC' in degrees or h:m:s d:m:s, or a list or mapping of names in JSON; "
        "@FILE is read from a file",
    )
    parser.add_argument("--radius", type=float, default=2.0, help="largest distance; default: 2")
    parser.add_argument("--min-distance", type=float, default=0.0, help="least distance")
    parser.add_argument(
        "--unit", choices=("arcsec", "arcmin", "deg", "rad"), default="arcsec", help="of both"
    )
    add_alerts(parser)
    add_directory(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what is near, sorted by position and distance."""
    from pipeline.archive.query.command_line import (  # noqa: PLC0415
        columns_of,
        options_of,
        text_of,
        warnings_to_stderr,
    )
    from pipeline.archive.query.files import FilesHome  # noqa: PLC0415
    from pipeline.archive.query.named import with_names  # noqa: PLC0415
    from pipeline.archive.query.output import format_of, write  # noqa: PLC0415
    from pipeline.archive.query.positions import read_angle, read_positions  # noqa: PLC0415

    warnings_to_stderr()
    form, options = format_of(arguments.output, arguments.format), options_of(arguments)
    positions = read_positions(text_of(" ".join(arguments.position)))
    found = FilesHome(arguments.directory).cones(
        positions,
        read_angle(arguments.radius, arguments.unit),
        columns_of(arguments.columns),
        arguments.survey,
        read_angle(arguments.min_distance, arguments.unit),
    )
    write(with_names(found, positions, options), arguments.output, form)
