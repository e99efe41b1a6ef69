"""What a name stands for in a working directory: objects, alerts, events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contract import paths
from pipeline.contract.section import ConfigError
from pipeline.maps.domain import lines_of
from pipeline.maps.source import MapSource, newest
from pipeline.notebook import Results
from pipeline.plan.ended import Failed, said_by
from pipeline.plan.overlay import read_unchecked
from pipeline.skymaps.domain import FIRST_LOOK, product

SUMMARY = "summary.json"
"""Of an event's products the last."""
MOST_LETTERS = 60


@dataclass(frozen=True)
class AlertFound:
    """An alert, or the newest of an object.

    Attributes
    ----------
    survey, night : str
        Where it is; the last night that has it.
    candid : int
    object_id : str or None
    of_object : tuple of (int, str)
        Candid and night of all alerts of the object, the newest first; empty where there is no
        object.
    """

    survey: str
    night: str
    candid: int
    object_id: str | None
    of_object: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class EventFound:
    """An event that was scanned.

    Attributes
    ----------
    name : str
    folder : Path
        Of its products: calibrated ones, where there are any.
    """

    name: str
    folder: Path


@dataclass(frozen=True)
class MapFound:
    """The newest map of an event that was not scanned here.

    Attributes
    ----------
    name : str
    source : MapSource
    directory : Path
        The workflow's, where the map's path begins.
    """

    name: str
    source: MapSource
    directory: Path


Found = AlertFound | EventFound | MapFound


def find(
    results: Results, name: str, survey: str | None = None, files: Sequence[Path] = ()
) -> list[Found]:
    """Return all that a name stands for: an object of each survey that has one, alerts, an event.

    Parameters
    ----------
    results : Results
        Of form ``arrow``.
    name : str
        Of an object or an event, or a candid.
    survey : str, optional
        Look for objects and alerts of it alone.
    files : sequence of Path
        Laid over the directory's configuration, which names the maps.

    Raises
    ------
    ValueError
        If it stands for nothing; the message says what was looked through.
    """
    found: list[Found] = [*_alerts(results, name, survey)]
    folder = _events(results.directory).get(name)
    if folder is not None and survey is None:
        found.append(EventFound(name, folder))
    maps = {} if survey is not None or folder is not None else _maps(results.directory, files)
    if name in maps:
        found.append(MapFound(name, maps[name], results.directory))
    if not found:
        raise ValueError(_nothing(results, name, survey, len(maps)))
    return found


def _maps(directory: Path, files: Sequence[Path]) -> dict[str, MapSource]:
    """Return the maps of ``maps.tsv``; results are shown whatever became of the configuration."""
    try:
        return newest(lines_of(read_unchecked(directory, files)))
    except ConfigError:
        return {}


def _events(directory: Path) -> dict[str, Path]:
    """Return the folders of all scanned events, by their names: no name becomes a path."""
    first = directory.glob(product("*", f"{FIRST_LOOK}/{SUMMARY}"))
    folders = {path.parents[1].name: path.parent for path in first}
    whole = directory.glob(product("*", SUMMARY))
    return folders | {path.parent.name: path.parent for path in whole}


def _alerts(results: Results, name: str, survey: str | None) -> Iterator[AlertFound]:
    if not any(_of(survey, night) for night in results.nights()):
        return
    rows = results.find(name, survey).to_pylist()
    mine = [row for row in rows if row["object_id"] == name]
    for of in sorted({row["survey"] for row in mine}):
        yield _found(results, next(row for row in mine if row["survey"] == of))
    others = [row for row in rows if row["object_id"] != name]
    for of in sorted({row["survey"] for row in others}):
        last = max((row for row in others if row["survey"] == of), key=lambda row: row["night"])
        yield _found(results, last)


def _of(survey: str | None, night: str) -> bool:
    return survey is None or night.partition("/")[0] == survey


def _found(results: Results, row: dict[str, Any]) -> AlertFound:
    object_id, survey = row["object_id"], row["survey"]
    all_rows = [] if object_id is None else results.find(object_id, survey).to_pylist()
    mine = tuple((r["candid"], r["night"]) for r in all_rows if r["object_id"] == object_id)
    return AlertFound(survey, row["night"], row["candid"], object_id, mine)


def _nothing(results: Results, name: str, survey: str | None, maps: int) -> str:
    """Return in a line what was looked through."""
    events = _events(results.directory)
    log = results.directory / paths.log("scan", "event").format(event=name)
    scanned = results.directory.glob(paths.log("scan", "event").format(event="*"))
    if log in list(scanned) and survey is None:
        said = said_by(Failed("scan", name, log))
        return (
            f"event {name} has no skymap: {said[0] if said else 'its scan has not ended'} ({log})"
        )
    nights: dict[str, list[str]] = {}
    for night in results.nights():
        if _of(survey, night):
            of, _, date = night.partition("/")
            nights.setdefault(of, []).append(date)
    told = [f"{of} {_dates(dates)}" for of, dates in nights.items()] or ["no night"]
    if survey is None:
        told.append(f"{len(events)} event{'s' * (len(events) != 1)}")
    if maps:
        told.append(f"{maps} map{'s' * (maps != 1)} of maps.tsv")
    asked = repr(name if len(name) <= MOST_LETTERS else name[:MOST_LETTERS] + "…")
    of_what = "no object, candid or event" if survey is None else f"no object or candid of {survey}"
    where = results.directory / paths.RESULTS
    return f"{asked} is {of_what} of this run; looked through {', '.join(told)} in {where}"


def _dates(dates: list[str]) -> str:
    if len(dates) == 1:
        return dates[0]
    return f"{dates[0]} to {dates[-1]} ({len(dates)} nights)"
