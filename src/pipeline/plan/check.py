"""What only the whole configuration shows to be wrong, told before any job."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.alerts.domain import DUMP_SUFFIXES, Night
from pipeline.contract.section import of_survey
from pipeline.crossmatch.domain import CATALOG_SUFFIXES
from pipeline.plan.domains import Config
from pipeline.plan.load import ConfigError
from pipeline.scores.domain import UNTRUSTED

SCORES_COLUMNS = (
    *("survey", "candid", "object_id"),
    *("science_nodata", "template_nodata", "difference_nodata"),
)
MATCHES_COLUMNS = (
    *("survey", "candid", "catalog", "match_id"),
    *("distance_arcsec", "distance_kpc", "rank"),
)
"""The columns that these tables have whatever is configured."""


def check_config(config: Config, nights: Sequence[Night]) -> None:
    """Raise if parts of a configuration do not go together, or a file's kind is unknown.

    Raises
    ------
    ConfigError
        One line for each problem: where it is and what to do.
    """
    problems = [
        *_same_columns(config),
        *_engine(config),
        *_untrusted(config),
        *_alerts_as_catalogs(config, nights),
        *_kinds_of_files(config, nights),
    ]
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))


def _same_columns(config: Config) -> Iterator[str]:
    """Tell of columns of one name in the scores or the matches of a survey."""
    entries = [*config.models.values(), *config.catalogs.values()]
    for survey in sorted({survey for entry in entries for survey in entry.surveys}):
        scores = {
            name: [name, f"{name}_version", f"{name}_reason"]
            for name in of_survey(config.models, survey)
        }
        matches = {
            name: [f"{name}_{column}" for column in catalog.columns]
            for name, catalog in of_survey(config.catalogs, survey).items()
        }
        yield from _clashes("models", "scores", SCORES_COLUMNS, scores)
        yield from _clashes("catalogs", "matches", MATCHES_COLUMNS, matches)


def _clashes(
    section: str, table: str, fixed: Iterable[str], made: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    taken = set(fixed)
    for name, columns in made.items():
        for column in columns:
            if column in taken:
                yield f"{section}.{name}: a second column {column!r} in {table}: rename it"
            taken.add(column)


def _engine(config: Config) -> Iterator[str]:
    for name, model in config.models.items():
        if config.engine == "tensorflow" and model.path.endswith(".onnx"):
            yield f"models.{name}.path: {model.path} needs the engine onnxruntime"


def _untrusted(config: Config) -> Iterator[str]:
    for name, model in config.models.items():
        if not model.trusted and Path(model.path).is_dir():
            yield f"models.{name}.path: {model.path}: {UNTRUSTED}"


def _alerts_as_catalogs(config: Config, nights: Iterable[Night]) -> Iterator[str]:
    there = {night.survey for night in nights}
    for name, catalog in config.catalogs.items():
        where, source = f"catalogs.{name}", catalog.alerts
        if source is None:
            continue
        if source in catalog.surveys and "surveys" not in catalog.model_fields_set:
            yield f"{where}: matches the alerts of {source} with themselves: set surveys"
        if source not in there and there & set(catalog.surveys):
            yield f"{where}.alerts: {config.alerts} has no night of {source}"


def _kinds_of_files(config: Config, nights: Iterable[Night]) -> Iterator[str]:
    for name, catalog in config.catalogs.items():
        path = catalog.path
        if path and _unknown(path, path.lower().removesuffix(".gz"), CATALOG_SUFFIXES):
            expected = ", ".join(CATALOG_SUFFIXES)
            yield f"catalogs.{name}.path: {path} ends in none of {expected} (.gz may follow)"
    for night in nights:
        if not night.is_url and _unknown(night.path, night.path, DUMP_SUFFIXES):
            expected = ", ".join(DUMP_SUFFIXES)
            yield f"{config.alerts}: {night.path} is no folder and ends in none of {expected}"


def _unknown(path: str, name: str, suffixes: tuple[str, ...]) -> bool:
    """Return whether a path is of no known kind; one without a suffix may become a folder."""
    if name.endswith(suffixes) or os.path.isdir(path):
        return False
    return Path(path).suffix != "" or os.path.isfile(path)
