"""The part of the sky that a query names: a map's file, or an event of the configuration."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.archive.cones.regions import Area
from pipeline.maps.domain import map_named
from pipeline.maps.source import open_map
from pipeline.plan.overlay import read_request
from pipeline.sky.maps.read import read_map

LEVEL = 0.9
"""Of a file, where nobody says another."""


def area_of(
    name: str, level: float | None, window: Sequence[float] | None, directory: Path
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

    Raises
    ------
    ValueError
        If there is no such map, it cannot be used, or has no time for a window.
    """
    if Path(name).is_file():
        skymap = read_map(name)
        level = LEVEL if level is None else level
    else:
        source = map_named(read_request(directory, []), name)
        skymap = open_map(source, directory)
        level = source.level if level is None else level
        window = source.window if window is None else window
    if not 0 < level <= 1:
        raise ValueError(f"a credible level is in (0, 1]; 90 % is 0.9 (found {level:g})")
    return Area(skymap, level) if window is None else Area.after(skymap, level, *window)
