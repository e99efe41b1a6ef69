"""What the section ``vra`` says that cannot be, by the rest of the configuration."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pipeline.alerts.surveys.registry import get_survey, unknown
from pipeline.contract.request import Request
from pipeline.contract.section import of_survey
from pipeline.vra.places import is_closed
from pipeline.vra.rounds.allowed import class_name
from pipeline.vra.rounds.class_maps import class_map

_NEEDED = ("sklearn", "skops", "skl2onnx")
_NEEDED_TO_MIRROR = ("mlflow", "sqlalchemy", "alembic")


def unready(request: Request) -> Iterator[str]:
    """Yield what rounds need and is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        yield f"vra.rounds: {', '.join(missing)} not installed: pip install 'nightmill[vra]'"


def unready_to_mirror(request: Request) -> Iterator[str]:
    """Yield what the mirror needs and is not installed."""
    missing = [name for name in _NEEDED_TO_MIRROR if find_spec(name) is None]
    if missing:
        yield f"vra.mlflow: {', '.join(missing)} not installed: pip install 'nightmill[mlflow]'"


def _known(request: Request) -> Iterator[str]:
    section = request.config.vra
    if section is None:
        return
    yield from unknown("vra.survey", [section.survey])
    if request.config.filters is None:
        yield f"vra.filter: {section.filter}: the configuration has no filters"
    if section.promoted is not None and not is_closed(Path(), section.experiment, section.promoted):
        yield f"vra.promoted: round {section.promoted} of {section.experiment} is not closed"
    if section.rounds is not None:
        for where, look in (
            ("classes", lambda: class_map(section.rounds.classes)),
            ("classifier", lambda: class_name(section.rounds.classifier)),
        ):
            try:
                look()
            except ValueError as error:
                yield f"vra.rounds.{where}: {error}"


def _roles(request: Request) -> Iterator[str]:
    """Yield what is wrong with the catalogues that give context."""
    section = request.config.vra
    if section is None or section.context is None:
        return
    for role, names in section.context.roles.items():
        for name in names:
            entry, where = request.config.catalogs.get(name), f"vra.context.roles.{role}: {name}"
            if entry is None:
                there = ", ".join(request.config.catalogs) or "none"
                yield f"{where}: is not among the catalogues: {there}"
            elif section.survey not in entry.surveys:
                yield f"{where}: catalogs.{name}.surveys does not list {section.survey}"
            elif entry.alerts is not None:
                yield f"{where}: holds alerts, of which some are later than the alert itself"


def _further(request: Request) -> Iterator[str]:
    """Yield what is wrong with further features."""
    section = request.config.vra
    if section is None or section.further is None:
        return
    from pipeline.vra.features_table import FEATURES  # noqa: PLC0415 - pyarrow: few have these
    from pipeline.vra.further import Further, further_names, is_number  # noqa: PLC0415

    columns = get_survey(section.survey).columns
    numbers = {column.name for column in columns if is_number(column.type)}
    for name in section.further.alerts:
        if name not in numbers:
            yield f"vra.further.alerts: {name}: no column of numbers that {section.survey} has"
    models = of_survey(request.config.models, section.survey)
    for name in section.further.scores:
        if name not in models:
            yield f"vra.further.scores: {name}: no model of `models` that scores {section.survey}"
    try:
        names = [*FEATURES, *further_names(Further(**section.further.model_dump()))]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield f"vra.further: {', '.join(twice)}: is among the 21, or twice"
    except ImportError:
        yield (
            "vra.further.light_curve: the package is not installed: pip install light-curve (it "
            "is under the GPL)"
        )
    except ValueError as error:
        yield f"vra.further.light_curve: {error}"


CHECKS = (_known, _roles, _further)
