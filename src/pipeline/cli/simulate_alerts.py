"""Write a night of simulated alert packets with known truth."""

import argparse
from pathlib import Path

COMMAND = "simulate alerts"
EXAMPLES = ("nightmill simulate alerts --number 600 --night 20260101 --output data",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--number", type=int, required=True, metavar="N", help="packets to write")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: 1")
    parser.add_argument("--night", required=True, metavar="YYYYMMDD", help="UTC date of the night")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument(
        "--survey", choices=("ztf", "lsst"), default="ztf", help="whose packets; default: ztf"
    )
    parser.add_argument(
        "--format",
        choices=("folder", "container", "tarball"),
        default="folder",
        help="one file a packet, AVRO containers, or (ZTF) ztf_public_YYYYMMDD.tar.gz",
    )
    parser.add_argument(
        "--stamps",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with or without images; default: with",
    )
    parser.add_argument(
        "--schema-version", metavar="VERSION", help="of lsst: 10.0 or 11.0; default: 10.0"
    )
    parser.add_argument(
        "--history",
        type=int,
        metavar="VISITS",
        help="of lsst: earlier visits of the field that has most; default: 1060",
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

    dump = simulate_alerts(
        arguments.output,
        arguments.number,
        arguments.seed,
        arguments.night,
        survey=arguments.survey,
        format_=arguments.format,
        stamps=arguments.stamps,
        defects=arguments.defects,
        schema_version=arguments.schema_version,
        history=arguments.history,
        overwrite=arguments.overwrite,
    )
    tables = "truth and catalogues" if arguments.survey == "ztf" else "truth"
    print(f"{arguments.number} packets, {tables} in {arguments.output}")
    print(f"path of the night in alerts.tsv: {dump}")
