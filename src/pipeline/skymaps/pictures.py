"""Pictures of a skymap: the whole sky, and the surroundings of the best fit."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.coordinates import Galactic, SkyCoord
from astropy.time import Time
from astropy.wcs import WCS
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from pipeline.io.atomic import atomic_path
from pipeline.skymaps.contours import Contour
from pipeline.skymaps.skymap import Skymap

DPI = 150
COLOURS = "Blues_r"
LINES = {
    "50": {"color": "#d62728", "linestyle": "-", "label": "50 %"},
    "90": {"color": "#ff7f0e", "linestyle": "-", "label": "90 %"},
    "3sigma": {"color": "#2ca02c", "linestyle": "--", "label": "3σ"},
}
MARK = {"color": "white", "markeredgecolor": "black", "markersize": 12, "linestyle": ""}
SMALLEST_VIEW, LARGEST_VIEW = 1.0, 60.0
"""Half the side of the zoomed picture [deg]."""
PIXELS = 500

Mark = tuple[str, float, float]
"""A position to mark: its label, right ascension and declination [deg]."""


def draw_sky(skymap: Skymap, path: str | Path) -> None:
    """Draw the whole sky in Mollweide's projection, right ascension to the left, as PNG.

    Parameters
    ----------
    skymap : Skymap
        What to draw.
    path : str or Path
        Ends on ``.png``.
    """
    figure = Figure(figsize=(10, 6.0))
    axes = figure.add_axes((0.05, 0.17, 0.9, 0.74), projection="mollweide")
    # Longitude on the plot is 180° − right ascension, so that 0 h lies at the right edge.
    longitude, latitude = np.meshgrid(np.linspace(-180, 180, 721), np.linspace(-90, 90, 361))
    middle = [
        0.25 * (g[1:, 1:] + g[1:, :-1] + g[:-1, 1:] + g[:-1, :-1]) for g in (longitude, latitude)
    ]
    depth = skymap.cells.values_at(180 - middle[0], middle[1])
    image = axes.pcolormesh(
        np.radians(longitude),
        np.radians(latitude),
        np.ma.masked_invalid(depth),
        cmap=COLOURS,
        norm=PowerNorm(0.5, vmin=0),
        rasterized=True,
    )
    plane = SkyCoord(np.linspace(0, 360, 721), np.zeros(721), unit="deg", frame=Galactic()).icrs
    _scatter_line(
        axes, plane.ra.deg, plane.dec.deg, color="0.5", linewidth=0.8, label="Galactic plane"
    )
    for name, contour in skymap.contours.items():
        label = _label(name, contour)
        for polygon in contour.polygons:
            _scatter_line(axes, *polygon.T, **LINES[name] | {"label": label, "linewidth": 1.2})
            label = None
    axes.plot(*_on_sky(skymap.ra, skymap.dec), "*", **MARK | {"markersize": 7}, label="best fit")
    axes.set_xticks(np.radians(np.arange(-150, 180, 30)))
    axes.set_xticklabels([f"{180 - x}°" for x in range(-150, 180, 30)], fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(color="0.6", linewidth=0.4)
    bar = figure.add_axes((0.15, 0.1, 0.5, 0.025))
    figure.colorbar(image, cax=bar, orientation="horizontal", label="2Δllh")
    axes.legend(loc="upper right", bbox_to_anchor=(1.03, 0.02), fontsize=8, framealpha=0.9)
    figure.suptitle(_title(skymap), fontsize=11)
    _save(figure, path)


def draw_zoom(skymap: Skymap, path: str | Path, marks: Sequence[Mark]) -> None:
    """Draw the surroundings of the best fit, with contours, as PNG.

    Parameters
    ----------
    skymap : Skymap
        What to draw.
    path : str or Path
        Ends on ``.png``.
    marks : sequence of Mark
        Other positions to show: an online fit, a simulated truth.
    """
    view = _view(skymap)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---ZEA", "DEC--ZEA"]
    wcs.wcs.crval = [skymap.ra, skymap.dec]
    wcs.wcs.crpix = [PIXELS / 2 + 0.5] * 2
    wcs.wcs.cdelt = [-2 * view / PIXELS, 2 * view / PIXELS]
    x, y = np.meshgrid(np.arange(PIXELS), np.arange(PIXELS))
    ra, dec = wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    depth = skymap.cells.values_at(ra % 360, dec).reshape(x.shape)
    figure = Figure(figsize=(7.4, 6.6))
    axes = figure.add_axes((0.11, 0.09, 0.74, 0.85), projection=wcs)
    widest = skymap.contours["3sigma"].two_delta_llh
    image = axes.imshow(
        np.ma.masked_invalid(depth), origin="lower", cmap=COLOURS, vmin=0, vmax=3 * widest
    )
    sky = axes.get_transform("icrs")
    for name, contour in skymap.contours.items():
        label = _label(name, contour)
        for polygon in contour.polygons:
            axes.plot(*polygon.T, transform=sky, **LINES[name] | {"label": label}, linewidth=1.6)
            label = None
    axes.plot(skymap.ra, skymap.dec, "*", transform=sky, **MARK, label="best fit")
    for (label, mark_ra, mark_dec), symbol in zip(marks, "XPD", strict=False):
        if skymap.separation(mark_ra, mark_dec) < view:
            style = MARK | {"markersize": 8, "label": label}
            axes.plot(mark_ra, mark_dec, symbol, transform=sky, **style)
    axes.set_xlim(-0.5, PIXELS - 0.5)
    axes.set_ylim(-0.5, PIXELS - 0.5)
    for name, edge, coordinate in zip(
        ("right ascension", "declination"), "bl", axes.coords, strict=True
    ):
        coordinate.set_ticklabel_position(edge)
        coordinate.set_axislabel_position(edge)
        coordinate.set_major_formatter("d.d" if view < 3 else "d")
        coordinate.set_axislabel(f"{name} (ICRS)")
    axes.coords.grid(color="0.5", linewidth=0.4, linestyle=":")
    bar = figure.add_axes((0.88, 0.09, 0.025, 0.85))
    figure.colorbar(image, cax=bar, label="2Δllh", extend="max")
    axes.legend(
        loc="upper right",
        fontsize=9,
        title=skymap.levels.source,
        title_fontsize=8,
        framealpha=0.9,
    )
    axes.set_title(_title(skymap), fontsize=10)
    _save(figure, path)


def _view(skymap: Skymap) -> float:
    """Return half the side of a picture that shows all of the 3σ contour [deg]."""
    corners = [*skymap.contours["3sigma"].polygons, np.array([[skymap.ra, skymap.dec]])]
    ra, dec = np.concatenate(corners).T
    reach = 1.3 * float(skymap.separation(ra, dec).max())
    return float(np.clip(reach, SMALLEST_VIEW, LARGEST_VIEW))


def _scatter_line(axes: Axes, ra: np.ndarray, dec: np.ndarray, **style: object) -> None:
    """Draw a line on the whole sky, cut where it crosses the edge of the picture."""
    longitude, latitude = _on_sky(ra, dec)
    jumps = np.flatnonzero(np.abs(np.diff(longitude)) > np.pi) + 1
    axes.plot(np.insert(longitude, jumps, np.nan), np.insert(latitude, jumps, np.nan), **style)


def _on_sky(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.radians(180 - np.asarray(ra) % 360), np.radians(dec)


def _label(name: str, contour: Contour) -> str:
    area = f"{contour.area:.3g}" if contour.area < 1000 else f"{contour.area:.0f}"
    return f"{LINES[name]['label']}: {area} deg²"


def _title(skymap: Skymap) -> str:
    event = skymap.event
    when = Time(event.mjd, format="mjd").to_datetime().strftime("%Y-%m-%d %H:%M:%S UTC")
    kind = event.event_type if event.is_real else f"{event.event_type}, simulated"
    return f"run {event.run_id}, event {event.event_id} ({kind}), {when}"


def _save(figure: Figure, path: str | Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
