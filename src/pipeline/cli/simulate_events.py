"""Write simulated neutrino events with known truth."""

import argparse
from pathlib import Path

COMMAND = "simulate events"
EXAMPLES = ("nightmill simulate events --number 2 --output events",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--number", type=int, required=True, metavar="N", help="events to write")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: 1")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="their folder")
    parser.add_argument(
        "--ice",
        choices=("uniform", "layered"),
        default="uniform",
        help="the ice that the fits assume, or one whose clarity changes with depth",
    )
    parser.add_argument(
        "--geometry",
        type=Path,
        metavar="FILE",
        help="CSV or parquet of the detector's DOMs; default: one laid out as IceCube is",
    )


def run(arguments: argparse.Namespace) -> None:
    """Simulate, and say where the results are."""
    from pipeline.events.geometry import ic86_like, read_geometry  # noqa: PLC0415
    from pipeline.simulate.events import write_events  # noqa: PLC0415 - slow to import

    doms = ic86_like() if arguments.geometry is None else read_geometry(arguments.geometry)
    write_events(arguments.number, arguments.seed, arguments.output, arguments.ice, doms)
    print(f"{arguments.number} events and truth.csv in {arguments.output}")
