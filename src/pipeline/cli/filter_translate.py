"""Show a filter as SQL, the way that it is run."""

import argparse
from pathlib import Path

COMMAND = "filter translate"
EXAMPLES = ("nightmill filter translate config/filters/nuclear.yaml",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="filters: YAML or JSON")
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="DOCS.jsonl[.gz]",
        help="documents whose fields it is translated for; if absent those of ZTF's packets",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print SQL."""
    from pipeline.documents.extended_json import parse_pipeline  # noqa: PLC0415
    from pipeline.documents.translate import translate  # noqa: PLC0415 - only this command
    from pipeline.documents.translation import without_dollars  # noqa: PLC0415
    from pipeline.filters.filter_file import read_file  # noqa: PLC0415
    from pipeline.filters.nominal import ztf_schema  # noqa: PLC0415
    from pipeline.filters.sql_filters import check_sql  # noqa: PLC0415

    schema = ztf_schema()
    if arguments.documents is not None:
        from pipeline.documents.load import load_documents  # noqa: PLC0415

        schema = load_documents(arguments.documents).schema
    for one in read_file(arguments.file):
        print(f"-- {one.filter.name}")
        if one.filter.sql:
            check_sql(one.filter.sql)
            print(one.filter.sql)
            continue
        done = translate(parse_pipeline(one.filter.pipeline), schema)
        for path in without_dollars(done.missing):
            print(f"-- missing in all documents: {path}")
        print(f"{done.sql};")
