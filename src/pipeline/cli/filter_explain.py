"""Say stage by stage what a filter does with one alert."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contract.arguments import add_configuration, candid

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.filters.filter import Filter
    from pipeline.filters.filter_file import StoredFilter
    from pipeline.filters.run import Seen

COMMAND = "filter explain"
EXAMPLES = ("nightmill filter explain config/filters/nuclear.yaml 1127561445615015013",)
NAMED = 20
"""Filters of a file that are named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the filter: YAML or JSON")
    parser.add_argument("candid", type=candid, metavar="CANDID", help="the alert")
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="DOCS.jsonl[.gz]",
        help="documents that have it; if absent nights that have been indexed",
    )
    parser.add_argument("--name", help="of the filter, where the file has several")
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print lines."""
    from pipeline.documents.refused import Refused  # noqa: PLC0415
    from pipeline.filters.explain import explain  # noqa: PLC0415 - only this command
    from pipeline.filters.filter_file import read_file  # noqa: PLC0415
    from pipeline.filters.run import NOT_PERMITTED, told_what_null_means  # noqa: PLC0415
    from pipeline.filters.upstream import shape_of, upstream  # noqa: PLC0415

    one = _chosen(read_file(arguments.file), arguments)
    if one.sql:
        _in_sql(one, arguments)
        return
    where, table = _document(one.survey, arguments)
    print(f"{arguments.candid}, {where}")
    documents = upstream(table, shape_of(one.survey), one.permissions)
    if not documents.num_rows:
        print(f"does not pass: {NOT_PERMITTED}")
        return
    schema = told_what_null_means(documents.schema)
    try:
        for line in explain(one.pipeline, documents, schema):
            print(line)
    except Refused as error:
        print(f"not translated: {error}")
        print(_on_mongodb(one, documents, arguments))


def _chosen(found: "list[StoredFilter]", arguments: argparse.Namespace) -> "Filter":
    """Return the filter of the file that is asked for."""
    names = [one.filter.name for one in found]
    if arguments.name is None and len(found) == 1:
        return found[0].filter
    if arguments.name not in names:
        shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        word = "" if arguments.name is None else f", none {arguments.name}"
        raise ValueError(f"{arguments.file}: has {len(names)} filters{word}: --name of {shown}")
    return found[names.index(arguments.name)].filter


def _on_mongodb(one: "Filter", documents: "pa.Table", arguments: argparse.Namespace) -> str:
    """Return what the MongoDB of the workflow says of an alert; raise if none runs the filter."""
    from pipeline.documents.extended_json import parse_pipeline  # noqa: PLC0415
    from pipeline.filters.evaluate import NotRun  # noqa: PLC0415
    from pipeline.filters.explain import verdict_line  # noqa: PLC0415
    from pipeline.filters.nights import server_for  # noqa: PLC0415
    from pipeline.filters.on_mongodb import mongo_outcome  # noqa: PLC0415
    from pipeline.plan.overlay import read_request  # noqa: PLC0415
    from pipeline.services.mongo_errors import ServiceError  # noqa: PLC0415

    if arguments.documents is not None:
        raise ValueError("documents of a file go to no MongoDB: alerts of nights do")
    server = server_for(read_request(arguments.directory, arguments.configfile), [one])
    if server is None:
        raise ValueError("a MongoDB would run it (archive.uri)")
    try:
        found = mongo_outcome(server, parse_pipeline(one.pipeline), documents)
    except (NotRun, ServiceError) as error:
        raise ValueError(f"on {server.shown}: {error}") from error
    return f"on {server.shown}: {verdict_line(found)}"


def _document(survey: str, arguments: argparse.Namespace) -> "tuple[str, pa.Table]":
    """Return where the alert is, and its document as a table of one row."""
    import pyarrow as pa  # noqa: PLC0415 - only this command
    import pyarrow.compute as pc  # noqa: PLC0415 - only this command

    from pipeline.documents.load import load_documents  # noqa: PLC0415

    if arguments.documents is not None:
        table = load_documents(arguments.documents)
        names = table["candid"] if "candid" in table.column_names else None
        if names is None or not pa.types.is_integer(names.type):
            raise ValueError(f"{arguments.documents}: its documents have no candid, an integer")
        row = table.filter(pc.equal(names, arguments.candid))
        if row.num_rows != 1:
            raise ValueError(
                f"{arguments.documents}: {row.num_rows} documents of {arguments.candid}"
            )
        return str(arguments.documents), row
    night, seen = _seen(survey, arguments)
    return f"night {night}", seen.documents


def _in_sql(one: "Filter", arguments: argparse.Namespace) -> None:
    """Print what a filter in SQL does with the alert."""
    from pipeline.filters.explain_sql import explain_sql  # noqa: PLC0415

    if arguments.documents is not None:
        raise ValueError(f"{arguments.file}: a filter in SQL runs on nights, not on documents")
    night, seen = _seen(one.survey, arguments)
    print(f"{arguments.candid}, night {night}")
    for line in explain_sql(one, seen):
        print(line)


def _seen(survey: str, arguments: argparse.Namespace) -> "tuple[str, Seen]":
    """Return the night of the alert, and all that filters see of it."""
    from contextlib import chdir  # noqa: PLC0415

    from pipeline.filters.nights import seen_of  # noqa: PLC0415
    from pipeline.plan.overlay import read_request  # noqa: PLC0415

    request = read_request(arguments.directory, arguments.configfile)
    with chdir(arguments.directory):
        return seen_of(request, survey, arguments.candid)
