"""An error circle or ellipse as a map: a two-dimensional Gaussian of stated containment."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.sky import healpix
from pipeline.sky.maps import cells
from pipeline.sky.maps.build import Pixels, Told, build
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.skymap import SkyMap

REACH = 5.5
"""In σ: beyond lie 3e-7 of the probability."""
FINENESS = 8.0
"""Pixels a σ: the areas of credible regions are right to 1 %."""
LARGEST = 30.0
"""Greatest σ [deg]: more is no localisation."""
FLATTEST = 20.0
"""Greatest ratio of the axes: the smaller one says how fine the pixels are, the larger how many."""


@dataclass(frozen=True)
class Ellipse:
    """Where an event was, as a notice has it.

    Attributes
    ----------
    ra, dec : float
        Centre, ICRS [deg].
    major, minor : float
        Radii [deg] within which the event was with probability `containment`; equal for a circle.
    angle : float
        Of the major axis, from north through east [deg].
    containment : float
        In (0, 1); 0.9 in IceCube's notices.
    """

    ra: float
    dec: float
    major: float
    minor: float
    angle: float = 0.0
    containment: float = 0.9

    @property
    def sigmas(self) -> tuple[float, float]:
        """σ along the axes [deg]: the Gaussian's ellipse of k σ holds 1 − exp(−k²/2)."""
        k = math.sqrt(-2 * math.log1p(-self.containment))
        return self.major / k, self.minor / k


def check_ellipse(ellipse: Ellipse) -> None:
    """Raise unless there is such an ellipse.

    Raises
    ------
    MapError
        With the value and what is expected.
    """
    if not (math.isfinite(ellipse.ra) and abs(ellipse.dec) <= 90 and math.isfinite(ellipse.angle)):
        raise MapError(f"ra {ellipse.ra}, dec {ellipse.dec} is no position in degrees")
    if not 0 < ellipse.containment < 1:
        raise MapError(f"containment is {ellipse.containment}: expected more than 0, less than 1")
    major, minor = ellipse.sigmas
    if not (0 < minor <= major <= LARGEST and major <= FLATTEST * minor):
        raise MapError(
            f"radii of {ellipse.major} and {ellipse.minor} deg that hold {ellipse.containment}: "
            f"expected positive ones, the larger first, up to σ = {LARGEST:g} deg and "
            f"{FLATTEST:g} times the other"
        )


def map_of_ellipse(ellipse: Ellipse, told: Told) -> SkyMap:
    """Make a map of an ellipse.

    A Gaussian in the zenithal equidistant projection around the centre, times θ / sin θ, so
    that the sphere's ellipses hold what the plane's do. It ends at 5.5 σ.

    Raises
    ------
    MapError
        If there is no such ellipse.
    """
    check_ellipse(ellipse)
    major, minor = ellipse.sigmas
    order = min(
        max(math.ceil(math.log2(math.degrees(math.sqrt(math.pi / 3)) * FINENESS / minor)), 3),
        cells.ORDER,
    )
    nside = 1 << order
    radius = min(REACH * major, 179.0)
    pixel = healpix.query_disc(nside, ellipse.ra, ellipse.dec, radius, nest=True)
    along, across, away = _plane(ellipse, healpix.pixel_to_vec(nside, pixel, nest=True))
    depth = (along / major) ** 2 + (across / minor) ** 2
    density = np.exp(-depth / 2) / np.sinc(away / np.pi)
    inside = depth <= REACH**2
    begin = pixel[inside] * cells.width(order)
    notes = (f"a Gaussian: {ellipse.containment:.3g} within {_radii(ellipse)} deg",)
    area = float(healpix.pixel_area(nside))
    found = Pixels(
        begin,
        begin + cells.width(order),
        density[inside] / (density[inside].sum() * area),
        pixels=int(inside.sum()),
        coverage=1.0,
        flat=True,
    )
    return build(found, Told(told.source, "icrs", told.name, told.mjd, (*notes, *told.notes)))


def _radii(ellipse: Ellipse) -> str:
    if ellipse.major == ellipse.minor:
        return f"{ellipse.major:g}"
    return f"{ellipse.major:g} x {ellipse.minor:g} (angle {ellipse.angle:g})"


def _plane(ellipse: Ellipse, vec: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return places along and across the major axis [deg], and the distance [rad]."""
    ra, dec = np.radians(ellipse.ra), np.radians(ellipse.dec)
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    centre = healpix.lonlat_to_vec(ellipse.ra, ellipse.dec)
    x, y, z = (vec @ axis for axis in (east, north, centre))
    sine = np.hypot(x, y)
    away = np.arctan2(sine, z)
    scale = np.degrees(np.divide(away, sine, out=np.ones_like(sine), where=sine > 0))
    turn = np.radians(ellipse.angle)
    x, y = x * scale, y * scale
    return x * np.sin(turn) + y * np.cos(turn), x * np.cos(turn) - y * np.sin(turn), away
