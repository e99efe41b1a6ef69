"""A credible region for who has no cone index: a circle around it, and the levels within."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.alerts.surveys.registry import get_survey, names
from pipeline.alerts.surveys.survey import Survey
from pipeline.archive.cones.regions import Area
from pipeline.archive.places import collection_name
from pipeline.sky.healpix import pixel_to_vec, vec_to_lonlat

ORDER = 6
"""Of the pixels that a circle is drawn around; the farthest corner is within `MARGIN`."""
MARGIN = np.radians(1.0)


def circle_around(area: Area) -> tuple[tuple[float, float], float] | None:
    """Return a centre [deg] and a radius [rad] around a region; None if it is all over the sky."""
    region = area.skymap.region(area.level)
    if region.frame != "icrs":
        return None
    begin, end = region.at_order(ORDER)
    pixels = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])
    vec = pixel_to_vec(1 << ORDER, pixels, nest=True)
    middle = vec.sum(axis=0)
    length = np.linalg.norm(middle)
    if length < 0.5 * len(vec):
        return None
    middle /= length
    radius = float(np.arccos(np.clip((vec @ middle).min(), -1, 1)) + MARGIN)
    lon, lat = vec_to_lonlat(middle)
    return (float(lon), float(lat)), radius


def levels_inside(area: Area, points: Sequence[Sequence[float]]) -> list[int]:
    """Return which points of GeoJSON (ra - 180, dec) are inside a region, by their level."""
    places = np.array(points, np.float64).reshape(-1, 2)
    found = area.skymap.at(places[:, 0] + 180, places[:, 1])
    most = max(area.level, float(area.skymap.level.min()))
    inside = np.flatnonzero((found.level <= most) & (found.cell >= 0))
    return inside[np.argsort(found.level[inside], kind="stable")].tolist()


def survey_in(catalog: str) -> Survey:
    """Return the survey whose alerts are in a collection: it knows what their time is.

    Raises
    ------
    ValueError
        If it is none of alerts.
    """
    for name in names():
        if collection_name(name) == catalog:
            return get_survey(name)
    raise ValueError(f"{catalog:.100}: no window, as its documents are no alerts")


def in_window(
    area: Area, survey: Survey, documents: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return those of some alerts that are in a region's window."""
    times = []
    for document in documents:
        found: Any = document
        for name in survey.time.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        times.append(np.nan if found is None else float(found))
    jd = survey.to_jd(np.array(times, np.float64))
    inside = ((jd >= area.first_jd) & (jd <= area.last_jd)).tolist()
    return [document for document, good in zip(documents, inside, strict=True) if good]
