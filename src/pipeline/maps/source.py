"""One map of ``maps.tsv`` as jobs and queries take it: what to read, and what its line adds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.sky.maps.build import Told
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse
from pipeline.sky.maps.read import read_map
from pipeline.sky.maps.skymap import SkyMap, dated

WINDOWS = {"gw": (0.0, 5.0), "grb": (0.0, 3.0), "neutrino": (0.0, 10.0)}
"""By stream, where a line says nothing else: the first detection minus the event's time [d], as
emgwcave (GW) and nuztf (neutrinos) look."""
LEVEL = 0.95
"""Credible level within which an alert counts, where a line says nothing else."""


@dataclass(frozen=True)
class MapSource:
    """A map that is named.

    Attributes
    ----------
    event : str
        Revisions of one event have one name.
    stream : str
        'gw', 'grb' or 'neutrino'.
    path : str or None
        The file; None if there is an error circle instead.
    ellipse : Ellipse or None
        The error circle.
    mjd : float or None
        Time of the event (UTC) [d]; None if the file says it.
    known : float or None
        When this revision was published [d]; None: always known.
    window : tuple of float
        From and to, days from the event's time.
    level : float
        Credible level within which an alert counts.
    """

    event: str
    stream: str
    path: str | None
    ellipse: Ellipse | None = None
    mjd: float | None = None
    known: float | None = None
    window: tuple[float, float] = WINDOWS["neutrino"]
    level: float = LEVEL


def source_of(values: Mapping[str, Any]) -> MapSource:
    """Return a map of its plain values (`dataclasses.asdict`), as they come from JSON."""
    ellipse = values["ellipse"]
    start, end = values["window"]
    return MapSource(
        **{
            **values,
            "ellipse": None if ellipse is None else Ellipse(**ellipse),
            "window": (start, end),
        }
    )


def open_map(source: MapSource, folder: str | Path = ".") -> SkyMap:
    """Read a map; its name is the line's, and so is its time where the line has one.

    Parameters
    ----------
    source : MapSource
    folder : str or Path
        The working directory, to which its path is relative.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    MapError
        If it cannot be used.
    """
    if source.path is None:
        if source.ellipse is None:
            raise MapError(f"{source.event}: neither a file nor an error circle")
        found = map_of_ellipse(source.ellipse, Told(source.event))
    else:
        found = read_map(Path(folder, source.path))
    found = replace(found, name=source.event)
    return found if source.mjd is None else dated(found, source.mjd)


def newest(sources: Iterable[MapSource], as_of: float | None = None) -> dict[str, MapSource]:
    """Return one map an event: the newest revision that was known.

    Parameters
    ----------
    sources : iterable of MapSource
    as_of : float, optional
        MJD; what became known later does not exist.
    """
    found: dict[str, MapSource] = {}
    for source in sources:
        known = -float("inf") if source.known is None else source.known
        before = found.get(source.event)
        if as_of is not None and known > as_of:
            continue
        if before is None or before.known is None or known > before.known:
            found[source.event] = source
    return found
