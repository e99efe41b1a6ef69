"""The part of the sky that a query names: a map's file, or an event of the configuration."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.archive.cones.regions import Area
from pipeline.contract.section import ConfigError
from pipeline.maps.domain import map_named, maps, there_are
from pipeline.maps.source import MapSource, newest, open_map
from pipeline.plan.overlay import read_request
from pipeline.sky.maps.event_time import mjd_of_iso
from pipeline.sky.maps.read import read_map

LEVEL = 0.9
"""Of a file, where nobody says another."""
SAME_TIME_D = 1.0 / 86_400
"""Within which an event's time is the one that is asked for [d]."""


def area_of(
    name: str,
    level: float | None,
    window: Sequence[float] | None,
    directory: Path,
    files: Iterable[Path] = (),
) -> Area:
    """Return where and when an event may have been.

    Parameters
    ----------
    name : str
        A file, or an event of ``maps.tsv`` or ``events.tsv``.
    level : float, optional
        Credible level; that of ``maps.tsv``, or `LEVEL` of a file, unless given.
    window : pair of float, optional
        Days after the event; that of ``maps.tsv``, or none of a file, unless given.
    directory : Path
        The workflow's working directory.
    files : iterable of Path
        Laid over its configuration.

    Raises
    ------
    ValueError
        If there is no such map, it cannot be used, or has no time for a window.
    """
    if Path(name).is_file():
        skymap = read_map(name)
        level = LEVEL if level is None else level
    else:
        source = map_named(read_request(directory, files), name)
        skymap = open_map(source, directory)
        level = source.level if level is None else level
        window = source.window if window is None else window
    if not 0 < level <= 1:
        raise ValueError(f"a credible level is in (0, 1]; 90 % is 0.9 (found {level:g})")
    return Area(skymap, level) if window is None else Area.after(skymap, level, *window)


def area_of_event(
    names: Sequence[str],
    time: str | None,
    level: float,
    directory: Path,
    files: Iterable[Path] = (),
) -> Area:
    """Return the region of an event of the configuration, at any time; never of a file.

    Parameters
    ----------
    names : sequence of str
        The event of ``maps.tsv`` or ``events.tsv`` has one of them,
    time : str, optional
        or a line of ``maps.tsv`` this time (UTC).
    level : float
        Credible level.
    directory : Path
        The workflow's working directory.
    files : iterable of Path
        Laid over its configuration.

    Raises
    ------
    ConfigError
        If there is none, or its map cannot be used.
    """
    request = read_request(directory, files)
    sources = newest(maps(request))
    found = [sources[name] for name in names if name in sources]
    mjd = None if time is None else mjd_of_iso(time)
    if mjd is not None:
        found += [source for source in sources.values() if _was_at(source, mjd)]
    if not found:
        asked = ", ".join([*names, *([] if time is None else [time])])
        raise ConfigError(f"no map of an event {asked:.200}: {there_are(request)}")
    return Area(open_map(found[0], directory), level)


def _was_at(source: MapSource, mjd: float) -> bool:
    return source.mjd is not None and abs(source.mjd - mjd) <= SAME_TIME_D
