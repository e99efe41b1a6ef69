"""All surveys there are: those of this package and those that others have installed."""

import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from pipeline.alerts.surveys.survey import FieldColumn, Survey, read_columns

ENTRY_POINTS = "nightmill.surveys"
_HERE = Path(__file__).parent


def names() -> list[str]:
    """Return the names of all surveys, without importing their modules."""
    return sorted(_modules())


def unknown(where: str, surveys: Iterable[str]) -> Iterator[str]:
    """Yield a line for each name that is no survey: where it stands, and which there are."""
    known = names()
    for survey in surveys:
        if survey not in known:
            yield f"{where}: unknown survey {survey!r}; there are {', '.join(known)}"


def survey_files(name: str) -> list[Path]:
    """Return the files that define a survey, without importing its module.

    The module, and the list of columns that lies beside it under the same name.

    Raises
    ------
    ValueError
        If there is no such survey.
    """
    module = _module(name)[0]
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # the package that it is in
        spec = None
    if spec is None or spec.origin is None:
        raise ValueError(f"survey {name!r}: there is no module {module}")
    return [Path(spec.origin), Path(spec.origin).with_suffix(".csv")]


def columns_of_package() -> Iterator[tuple[str, FieldColumn]]:
    """Yield the columns of the surveys in this package, each with its survey's name.

    Raises
    ------
    ValueError
        If a CSV is wrong.
    """
    for path in sorted(_HERE.glob("*.csv")):
        yield from ((path.stem, column) for column in read_columns(path))


@cache
def get_survey(name: str) -> Survey:
    """Return one survey.

    Raises
    ------
    ValueError
        If there is none of this name; the message lists those there are. If its module does
        not define it. If its CSV is wrong, or lacks a column that its light curves take.
    """
    module, attribute = _module(name)
    survey = getattr(importlib.import_module(module), attribute, None)
    if not isinstance(survey, Survey) or survey.name != name:
        raise ValueError(f"{module}: expected {attribute} to be a Survey with the name {name!r}")
    lacking = set(survey.light_curve_columns) - {column.name for column in survey.columns}
    if lacking:
        raise ValueError(
            f"{survey.columns_csv}: light curves of {name} take the column {min(lacking)}, which "
            f"is not listed: add it, or say in {module} what it is called (measurement), or that "
            f"there are no light curves (filters={{}})"
        )
    return survey


def _module(name: str) -> tuple[str, str]:
    modules = _modules()
    if name not in modules:
        raise ValueError(f"unknown survey {name!r}; there are {', '.join(sorted(modules))}")
    return modules[name]


def _modules() -> dict[str, tuple[str, str]]:
    """Return the module of each survey and what it is called in there.

    A survey of this package is a module with a CSV of the same name; an installed one is an
    entry point, and goes before one of this package.
    """
    own = {path.stem: (f"{__package__}.{path.stem}", "SURVEY") for path in _HERE.glob("*.csv")}
    return own | {e.name: (e.module, e.attr) for e in entry_points(group=ENTRY_POINTS)}
