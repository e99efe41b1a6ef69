"""What there is of the catalogues of a working directory."""

from pathlib import Path

from pipeline.archive.cones.choice import indexed
from pipeline.archive.query.catalogs import is_store, names, relations, survey_of
from pipeline.archive.query.home import Document
from pipeline.archive.tables import ALERTS
from pipeline.archive.whole import surveys_of, whole_nights


def catalog_info(directory: Path, catalog: str) -> Document:
    """Return size, files, documents, columns and nights of a catalogue."""
    parts = relations(directory, catalog)
    files = [file for part in parts for file in part.files]
    survey = survey_of(directory, catalog)
    nights: dict[str, list[str]] = {}
    stored = is_store(directory, catalog)
    for night in (
        () if stored else whole_nights(directory, ALERTS if survey else catalog, survey or "*")
    ):
        nights.setdefault(night.survey, []).append(night.night)
    return {
        "ns": catalog,
        "count": sum(part.rows for part in parts),
        "size": sum(file.stat().st_size for file in files),
        "files": len(files),
        "nights": nights,
        "columns": {f.name: str(f.type) for part in parts for f in part.schema},
    }


def index_info(directory: Path, catalog: str) -> Document:
    """Return which nights a cone index stands for, by survey and index."""
    relations(directory, catalog)
    own = survey_of(directory, catalog)
    surveys = surveys_of(directory) if catalog == ALERTS else [own] if own else []
    return {
        survey: {name: list(meta["nights"]) for name, meta in indexed(directory, survey)}
        for survey in surveys
    }


def db_info(directory: Path) -> Document:
    """Return how many catalogues, files, documents and bytes there are."""
    there = names(directory)
    parts = [part for name in there for part in relations(directory, name)]
    files = [file for part in parts for file in part.files]
    return {
        "db": str(directory),
        "collections": len(there),
        "objects": sum(part.rows for part in parts),
        "files": len(files),
        "dataSize": sum(file.stat().st_size for file in files),
    }
