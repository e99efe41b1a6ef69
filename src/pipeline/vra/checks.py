"""What the section ``vra`` says that cannot be, by the rest of the configuration."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pipeline.alerts.surveys.registry import unknown
from pipeline.contract.request import Request
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


CHECKS = (_known, _roles)
