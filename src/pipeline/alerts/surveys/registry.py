"""All surveys there are: those of this package and those that others have installed."""

import importlib
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from pipeline.alerts.surveys.survey import Survey

ENTRY_POINTS = "nightmill.surveys"
_BUILT_IN = ("ztf", "pgir", "wntr", "turbo", "lsst")


def names() -> list[str]:
    """Return the names of all surveys, without importing their modules."""
    return sorted({*_BUILT_IN, *(e.name for e in entry_points(group=ENTRY_POINTS))})


def survey_files(name: str) -> list[Path]:
    """Return the files that define a survey, without importing its module.

    The module, and the list of columns that lies beside it under the same name.

    Raises
    ------
    ValueError
        If there is no such survey.
    """
    module = next(
        (e.module for e in entry_points(group=ENTRY_POINTS) if e.name == name),
        f"{__package__}.{name}",
    )
    spec = find_spec(module) if name in names() else None
    if spec is None or spec.origin is None:
        raise ValueError(f"unknown survey {name!r}; there are {', '.join(names())}")
    return [Path(spec.origin), Path(spec.origin).with_suffix(".csv")]


@cache
def get_survey(name: str) -> Survey:
    """Return one survey.

    Raises
    ------
    ValueError
        If there is none of this name; the message lists those there are.
    """
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name == name:
            return entry.load()
    if name not in _BUILT_IN:
        raise ValueError(f"unknown survey {name!r}; there are {', '.join(names())}")
    return importlib.import_module(f"pipeline.alerts.surveys.{name}").SURVEY
