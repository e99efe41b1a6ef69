"""Say what filters would pass: of documents exported from a broker, or of nights."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contract.arguments import add_configuration

if TYPE_CHECKING:
    from pipeline.filters.filter import Filter

COMMAND = "filter test"
EXAMPLES = (
    "nightmill filter test config/filters/nuclear.yaml --documents docs.jsonl.gz",
    "nightmill filter test new.yaml --nights 20180201..20180203 --against old.yaml",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="filters: YAML, or JSON of one or more"
    )
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="DOCS.jsonl[.gz]",
        help="documents as JSON lines, with their histories",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="OUT.csv",
        help="with --documents: filter, candid, annotations",
    )
    parser.add_argument(
        "--nights",
        metavar="A..B",
        help="instead: nights that have been indexed, as 20180201..20180203",
    )
    parser.add_argument(
        "--against", type=Path, metavar="OTHER", help="with --nights: another version of the filter"
    )
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what passes."""
    from pipeline.alerts.surveys.registry import unknown  # noqa: PLC0415 - only this command
    from pipeline.filters.filter_file import read_files  # noqa: PLC0415

    if (arguments.documents is None) == (arguments.nights is None):
        raise ValueError("give either --documents or --nights")
    stored = read_files(arguments.files)
    for one in stored:
        for line in unknown(one.where, [one.filter.survey]):
            raise ValueError(line)
    filters = [one.filter for one in stored]
    if arguments.documents is not None:
        _on_documents(filters, arguments)
    else:
        _on_nights(filters, arguments)


def _on_documents(filters: "list[Filter]", arguments: argparse.Namespace) -> None:
    from pipeline.documents.load import load_documents  # noqa: PLC0415
    from pipeline.filters.lab import Tested, test_on_documents, write_csv  # noqa: PLC0415

    if arguments.output is None:
        raise ValueError("--documents needs --output OUT.csv")

    def told(one: Tested) -> None:
        if one.refused:
            print(f"{one.name}: refused: {one.refused}", file=sys.stderr)
            return
        print(f"{one.name}: {len(one.passed)} of {documents.num_rows} documents")
        if one.missing:
            print(f"{one.name}: no document has {', '.join(one.missing)}", file=sys.stderr)

    documents = load_documents(arguments.documents)
    results = test_on_documents(filters, documents, told)
    rows = write_csv(results, arguments.output)
    print(f"{rows} rows in {arguments.output}")
    if results and all(one.refused for one in results):
        raise ValueError("no filter could be run")


def _on_nights(filters: "list[Filter]", arguments: argparse.Namespace) -> None:
    from contextlib import chdir  # noqa: PLC0415

    from pipeline.filters.filter_file import read_file  # noqa: PLC0415
    from pipeline.filters.nights import test_on_nights  # noqa: PLC0415
    from pipeline.plan.overlay import read_request  # noqa: PLC0415
    from pipeline.services.mongo_errors import ServiceError  # noqa: PLC0415

    if len(filters) != 1:
        raise ValueError("--nights takes one filter")
    against = read_file(arguments.against) if arguments.against else []
    if len(against) > 1:
        raise ValueError(f"{arguments.against}: has {len(against)} filters: one is expected")
    request = read_request(arguments.directory, arguments.configfile)
    with chdir(arguments.directory):
        other = against[0].filter if against else None
        try:
            for line in test_on_nights(request, filters[0], other, arguments.nights):
                print(line)
        except ServiceError as error:
            raise ValueError(str(error)) from error
