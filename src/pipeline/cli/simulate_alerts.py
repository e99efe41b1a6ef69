"""Write a night of simulated alert packets with known truth."""

import argparse
from pathlib import Path

COMMAND = "simulate alerts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--number", type=int, required=True, metavar="N", help="packets to write")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: 1")
    parser.add_argument("--night", required=True, metavar="YYYYMMDD", help="UTC date of the night")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument(
        "--format",
        choices=("folder", "container", "tarball"),
        default="folder",
        help="one file a packet, one AVRO container, or ztf_public_YYYYMMDD.tar.gz",
    )
    parser.add_argument(
        "--stamps",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with or without images; default: with",
    )
    parser.add_argument(
        "--defects",
        type=float,
        default=0.0,
        metavar="FRACTION",
        help="damage this fraction of the packets; truth.parquet says which and how",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace DIR if it exists")


def run(arguments: argparse.Namespace) -> None:
    """Simulate, and say where the results are."""
    from pipeline.simulate.alerts import simulate_alerts  # noqa: PLC0415 - slow to import

    simulate_alerts(
        arguments.output,
        arguments.number,
        arguments.seed,
        arguments.night,
        format_=arguments.format,
        stamps=arguments.stamps,
        defects=arguments.defects,
        overwrite=arguments.overwrite,
    )
    print(f"{arguments.number} packets, truth and catalogues in {arguments.output}")
