"""Queries by skymap: the alerts inside the credible region of an event."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.archive.query.home import Document, Home, Options
from pipeline.archive.query.request import catalog_of, wanted_of

if TYPE_CHECKING:
    from pipeline.archive.cones.regions import Area

SKYMAP = "skymap"
"""The type of such a query."""
NAMES = ("localization_name", "trigger_id")
"""By which a query may name its event; ``aliases`` are a list of further ones."""
AreaOf = Callable[[Sequence[str], str | None, float], "Area"]
"""From an event's names, or its time (UTC), and a credible level."""


def inside(
    home: Home, area_of: AreaOf | None, query: Mapping[str, Any], options: Options
) -> list[Document]:
    """Return the documents inside the region of the event that a query names.

    Raises
    ------
    ValueError
        If it names none that is known, or asks for what is no level.
    """
    if area_of is None:
        raise ValueError(f"query_type: {SKYMAP}: no events are named here")
    names, time, level = read_event(query.get("skymap"))
    catalog, wanted = catalog_of(query), wanted_of(query)
    return home.skymap(area_of(names, time, level), catalog, wanted, options)


def read_event(given: Any) -> tuple[list[str], str | None, float]:
    """Return the names, the time and the credible level of what a query has as ``skymap``.

    Raises
    ------
    ValueError

    >>> read_event({"localization_name": "IC231202A", "contour": 90})
    (['IC231202A'], None, 0.9)
    """
    if not isinstance(given, Mapping):
        raise ValueError("skymap: expected an object")
    aliases = given.get("aliases")
    named = [given.get(key) for key in NAMES] + (aliases if isinstance(aliases, list) else [])
    names = [str(name) for name in named if isinstance(name, str | int)]
    time = given.get("dateobs")
    if not names and not isinstance(time, str):
        raise ValueError(f"skymap: expected one of {', '.join(NAMES)}, aliases, dateobs")
    contour = given.get("contour", 90)
    if isinstance(contour, bool) or not isinstance(contour, int | float) or not 0 < contour <= 100:
        raise ValueError(f"contour: expected per cent, as 90 (found {contour!r:.100})")
    return names, time if isinstance(time, str) else None, contour / 100
