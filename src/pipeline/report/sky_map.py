"""The sky of a night in Mollweide's projection: a map of counts, and lines upon it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
from PIL import Image

from pipeline.contract.blocks import Outline, Sky
from pipeline.report.mollweide import HEIGHT, WIDTH, project, unproject
from pipeline.report.sky_lines import line_path, region_path
from pipeline.sky.healpix import lonlat_to_pixel

COLOURS = np.array(
    [(49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121), (110, 206, 88), (180, 222, 44)]
)
"""From few to many: of viridis (CC0), without its darkest and its palest."""
GALACTIC_POLE = 192.86, 27.13
ECLIPTIC_POLE = 270.0, 66.56
"""ICRS [deg], as finely as lines are drawn."""


@dataclass(frozen=True)
class SkyMap:
    """A drawing of `WIDTH` by `HEIGHT`.

    Attributes
    ----------
    png : bytes
        The counts; transparent where there are none.
    least, most : int
        Counts of the first and the last colour.
    colours : list of str
    grid, galactic, ecliptic : str
        Paths.
    outlines : list of (str, float, float, str)
        Name, position and path of each.
    declinations, hours : list of (float, float, str)
        Labels.
    words : str
        What it shows.
    """

    png: bytes
    least: int
    most: int
    colours: list[str]
    grid: str
    galactic: str
    ecliptic: str
    outlines: list[tuple[str, float, float, str]]
    declinations: list[tuple[float, float, str]]
    hours: list[tuple[float, float, str]]
    words: str


def draw(sky: Sky, outlines: Sequence[Outline]) -> SkyMap:
    """Return the drawing of a night's sky."""
    least, most = min(sky.counts, default=0), max(sky.counts, default=0)
    return SkyMap(
        _raster(sky),
        least,
        most,
        [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in COLOURS.tolist()],
        _grid(),
        _plane(*GALACTIC_POLE),
        _plane(*ECLIPTIC_POLE),
        [_outlined(outline) for outline in outlines],
        [(*_point(359.99, dec), f"{dec:+d}°".replace("-", "−")) for dec in (-60, -30, 30, 60)],
        [(*_point(15.0 * hour, 0.0), f"{hour}h") for hour in (3, 6, 9, 12, 15, 18, 21)],
        f"{sky.title}: {sum(sky.counts):,} in {len(sky.pixels):,} of {12 * 4**sky.order:,} "
        f"equal pixels, at most {most:,} in one; on it "
        + (", ".join(outline.name for outline in outlines) or "no event"),
    )


def _raster(sky: Sky) -> bytes:
    counts = np.zeros(12 * 4**sky.order, dtype=np.int64)
    counts[np.asarray(sky.pixels, dtype=np.int64)] = sky.counts
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    ra, dec, inside = unproject(x, y)
    values = counts[lonlat_to_pixel(1 << sky.order, ra.ravel(), dec.ravel(), nest=True)]
    values = np.where(inside, values.reshape(inside.shape), 0)
    colour = np.zeros(values.shape, dtype=np.uint8)
    there = values > 0
    if there.any():
        low, high = values[there].min(), values[there].max()
        span = log10(high / low) if high > low else 1.0
        share = np.log10(values[there] / low) / span
        colour[there] = 1 + np.minimum((share * len(COLOURS)).astype(int), len(COLOURS) - 1)
    picture = Image.fromarray(colour).convert("L")
    picture.putpalette([0, 0, 0, *COLOURS.ravel().tolist()])
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True, transparency=0)
    return stream.getvalue()


def _point(ra: float, dec: float) -> tuple[float, float]:
    x, y = project(ra, dec)
    return round(float(x), 1), round(float(y), 1)


def _grid() -> str:
    along = np.linspace(-90, 90, 61)
    round_ = np.linspace(0.01, 359.99, 121)
    meridians = [line_path(np.full(along.size, 45.0 * k), along) for k in range(1, 8)]
    parallels = [
        line_path(round_, np.full(round_.size, dec)) for dec in (-60.0, -30.0, 0.0, 30.0, 60.0)
    ]
    return "".join([*meridians, *parallels])


def _plane(pole_ra: float, pole_dec: float) -> str:
    """Return the great circle about a pole [deg]."""
    ra = np.linspace(0.01, 359.99, 241)
    dec = np.arctan(-np.cos(np.radians(ra - pole_ra)) / np.tan(np.radians(pole_dec)))
    return line_path(ra, np.degrees(dec))


def _outlined(outline: Outline) -> tuple[str, float, float, str]:
    rings = [np.asarray(polygon, dtype=float) for polygon in outline.polygons if len(polygon)]
    return (
        outline.name,
        *_point(outline.ra, outline.dec),
        region_path(rings, outline.ra, outline.dec),
    )
