"""What is wrong with ``catalogs`` before any job."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.alerts.domain import nights
from pipeline.alerts.surveys.registry import unknown
from pipeline.contract import paths
from pipeline.contract.address import written
from pipeline.contract.request import Request
from pipeline.crossmatch.entry import columns_read
from pipeline.crossmatch.header import PARQUET, check_columns, quick_columns

CATALOG_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".fits", ".fit", ".vot", ".votable", ".xml")
"""What a catalogue that is a file ends in; .gz may follow."""


def _alerts_as_catalogs(request: Request) -> Iterator[str]:
    there = {night.survey for night in nights(request)}
    for name, catalog in request.config.catalogs.items():
        where, source = f"catalogs.{name}", catalog.alerts
        if source is None:
            continue
        if source in catalog.surveys and "surveys" not in catalog.model_fields_set:
            yield f"{where}: matches the alerts of {source} with themselves: set surveys"
        if source not in there and there & set(catalog.surveys):
            yield f"{where}.alerts: {request.config.alerts} has no night of {source}"


def _kinds_of_files(request: Request) -> Iterator[str]:
    for name, catalog in request.config.catalogs.items():
        path = catalog.path
        if path and paths.unknown_kind(path, path.lower().removesuffix(".gz"), CATALOG_SUFFIXES):
            expected = ", ".join(CATALOG_SUFFIXES)
            yield (
                f"catalogs.{name}.path: {written(path)} ends in none of {expected} (.gz may follow)"
            )


def _columns_there(request: Request) -> Iterator[str]:
    """Tell of columns that a file lacks: the job that finds out has lost its old store."""
    surveys = {night.survey for night in nights(request)}
    for name, catalog in request.config.catalogs.items():
        if catalog.path is None or not surveys & set(catalog.surveys):
            continue
        wanted = columns_read(catalog.source, catalog.id)
        present = quick_columns(Path(catalog.path)) or []
        # Of a CSV with none of them it is the file that is wrong: its own job says so.
        if set(wanted) & set(present) or (present and Path(catalog.path).suffix in PARQUET):
            try:
                check_columns(catalog.path, wanted, present)
            except ValueError as error:
                yield f"catalogs.{name}: {error}"


def _known_surveys(request: Request) -> Iterator[str]:
    for name, catalog in request.config.catalogs.items():
        yield from unknown(f"catalogs.{name}.surveys", catalog.surveys)
        yield from unknown(f"catalogs.{name}.alerts", [catalog.alerts] if catalog.alerts else [])


CHECKS = (_alerts_as_catalogs, _kinds_of_files, _known_surveys, _columns_there)
