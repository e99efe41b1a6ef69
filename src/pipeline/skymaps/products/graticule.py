"""Meridians and parallels of a picture, and their labels.

Narrow views have ticks at their edges. On wide ones, and about the poles, lines leave the
picture anywhere and several at a place: their labels stand on the lines themselves and run
along them, declinations at the left, right ascensions at the edge away from the nearer pole,
where meridians are farthest apart.
"""

import numpy as np
from astropy import units
from astropy.visualization.wcsaxes import WCSAxes
from astropy.wcs import WCS

from pipeline.skymaps.products.pictures import degrees_label, halo

STEPS = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45, 90])
"""Spacings of lines [deg]."""
LINES_A_SIDE = 4
"""At least."""
WIDE = 12.0
"""Half the side of a picture [deg] from which on labels stand on the lines."""
POLE = 80.0
"""Declination from which on they do so too, and meridians have no labels [deg]."""
EDGE, APART = 0.05, 0.07
"""How far labels stay from the edges and from each other, in units of the side."""
LOWER = 0.03
"""How far the picture moves down below a label at its top, in units of the figure's height."""
LEFT = 0.16
"""Share of the picture's side that right ascensions leave to declinations."""


def draw_graticule(
    axes: WCSAxes, wcs: WCS, middle: tuple[float, float], half: float, pixels: int
) -> None:
    """Draw meridians and parallels with labels in degrees.

    Parameters
    ----------
    axes : WCSAxes
        Of the picture.
    wcs : WCS
        Its projection.
    middle : tuple of float
        Right ascension and declination of its middle [deg].
    half : float
        Half its side [deg].
    pixels : int
        Its side.
    """
    step, farthest = 2 * half / LINES_A_SIDE, min(abs(middle[1]) + half, 90.0)
    narrowing = np.cos(np.radians(min(abs(middle[1]) + half / 2, 85.0)))
    spacings = _nice(step / narrowing), min(_nice(step), 30.0)
    on_lines = half > WIDE or farthest > POLE
    at_top = on_lines and middle[1] < 0 and not _poles(wcs, pixels)
    for coordinate, spacing, name, edge in zip(
        axes.coords,
        spacings,
        ("right ascension", "declination"),
        "tl" if at_top else "bl",
        strict=True,
    ):
        coordinate.set_ticks(spacing=spacing * units.deg)
        coordinate.set_major_formatter("d.d" if spacing < 1 else "d")
        coordinate.set_ticklabel_position("" if on_lines else edge)
        coordinate.set_ticks_position("" if on_lines else edge)
        coordinate.set_axislabel_position(edge)
        coordinate.set_axislabel(f"{name} (ICRS)")
        coordinate.set_axislabel_visibility_rule("always")
    axes.coords.grid(color="0.35", linewidth=0.5, linestyle=":", alpha=0.8)
    if at_top:  # makes room for the axis' label
        box = axes.get_position()
        axes.set_position((box.x0, box.y0 - LOWER, box.width, box.height))
    if on_lines:
        _label_lines(axes, wcs, spacings, pixels, at_top)


def _nice(step: float) -> float:
    """Return the spacing next below."""
    return float(STEPS[max(int(np.searchsorted(STEPS, step, side="right")) - 1, 0)])


def _label_lines(
    axes: WCSAxes, wcs: WCS, spacings: tuple[float, float], pixels: int, at_top: bool
) -> None:
    taken: list[np.ndarray] = []

    def write(text: str, line: np.ndarray, worst: np.ndarray) -> None:
        """Write at the place with the least `worst` that is free; at none if there is none."""
        for row in np.argsort(worst, kind="stable"):
            place = line[row]
            if all(np.hypot(*(place - other)) > APART * pixels for other in taken):
                taken.append(place)
                _write_along(axes, text, line, row)
                return

    for dec in np.arange(-90 + spacings[1], 90, spacings[1]):
        line = _seen(wcs, np.arange(0, 360, 0.5), np.full(720, dec), pixels)
        write(degrees_label(dec), line, line[:, 0])
    heights = np.arange(-POLE, POLE + 0.25, 0.5)
    poles = _poles(wcs, pixels)
    for ra in np.arange(0, 360, spacings[0]):
        line = _seen(wcs, np.full(len(heights), ra), heights, pixels)
        if poles:  # meridians meet there
            write(f"{ra:.0f}°", line, np.max([-np.hypot(*(line - pole).T) for pole in poles], 0))
        else:
            line = line[line[:, 0] > LEFT * pixels]
            write(f"{ra:.0f}°", line, -line[:, 1] if at_top else line[:, 1])


def _write_along(axes: WCSAxes, text: str, line: np.ndarray, row: int) -> None:
    """Write on a line, in its direction; upright lines are read from below."""
    distance = np.hypot(*(line - line[row]).T)
    distance[row] = np.inf
    x, y = line[np.argmin(distance)] - line[row] if len(line) > 1 else (1.0, 0.0)
    axes.text(
        *line[row],
        text,
        fontsize=8,
        color="black",
        rotation=(np.degrees(np.arctan2(y, x)) + 70) % 180 - 70,
        rotation_mode="anchor",
        horizontalalignment="center",
        verticalalignment="center",
        path_effects=halo(1.8, "white"),
        zorder=6,
    )


def _poles(wcs: WCS, pixels: int) -> list[np.ndarray]:
    """Return the places of the poles that lie well within the picture."""
    seen = [_seen(wcs, np.zeros(1), np.array([pole]), pixels) for pole in (90.0, -90.0)]
    return [places[0] for places in seen if len(places)]


def _seen(wcs: WCS, ra: np.ndarray, dec: np.ndarray, pixels: int) -> np.ndarray:
    """Return the places of a line that lie well within the picture, shape (n, 2) [pixel]."""
    places = np.column_stack(wcs.all_world2pix(ra, dec, 0))
    within = (places > EDGE * pixels) & (places < (1 - EDGE) * pixels)
    return places[within.all(axis=1)]
