"""An alert, or an event, as a picture: the light curve with its stamps, the map's surroundings."""

import io
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from pipeline.io.atomic import atomic_path
from pipeline.notebook.packet import STAMPS
from pipeline.report.cards import FORCED, LIMIT
from pipeline.report.light_curve import band_number
from pipeline.report.render import band_colours
from pipeline.report.words import number, utc
from pipeline.show.event import SKY, ZOOM
from pipeline.show.names import AlertFound, Found, MapFound
from pipeline.show.safe import safe

SIZE, DPI = (8.0, 7.0), 130
"""Of a picture [inch], and pixels an inch."""
_MARKERS = "osD^Xd"
"""By the number of the form, as `pipeline.report.light_curve.FORMS` has them."""


def write_picture(found: Found, card: Mapping[str, Any] | None, path: Path) -> None:
    """Write a picture as PNG.

    Parameters
    ----------
    found : Found
    card : mapping or None
        Of an alert: see `pipeline.show.alert.card`.
    path : Path

    Raises
    ------
    FileNotFoundError
        If an event has no picture.
    ValueError
        If it is a map of ``maps.tsv``: there are pictures of scans alone.
    """
    if isinstance(found, MapFound):
        raise ValueError(f"{found.name}: of a map of maps.tsv there is no picture; --html has it")
    if card is None:
        assert not isinstance(found, AlertFound)
        there = [found.folder / name for name in (ZOOM, SKY) if (found.folder / name).is_file()]
        if not there:
            raise FileNotFoundError(2, f"no {ZOOM} of the event {found.name}", str(found.folder))
        content = there[0].read_bytes()
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
        return
    figure = _figure(card)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def _figure(card: Mapping[str, Any]) -> Figure:
    figure = Figure(SIZE, layout="constrained")
    name = safe(card["object_id"] or f"packet {card['candid']}", 40)
    ra, dec = card["sexagesimal"]
    band = safe(card["band"] or "", 12)
    said = f"{card['survey']} {card['night']}   {ra[:-2]} {dec[:-1]}   {band} "
    said += f"{number(card['mag'], 2)} mag, {utc(card['jd'])}"
    # no dollar of a name is mathematics
    figure.suptitle(f"{name}\n{said}", fontsize=11, parse_math=False)
    stamps, curve = cast(Any, figure.subfigures(2, 1, height_ratios=(2, 3)))
    for axes, kind in zip(stamps.subplots(1, len(STAMPS)), STAMPS, strict=True):
        _stamp(axes, card, kind)
    _curve(curve.subplots(), card["points"], card["mjd"])
    return figure


def _stamp(axes: Axes, card: Mapping[str, Any], kind: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set_title(kind, fontsize=9)
    if kind not in card["stamps"]:
        reason = safe(card["no_stamps"][kind], 80)
        axes.text(0.5, 0.5, reason, ha="center", va="center", wrap=True, fontsize=8,
                  parse_math=False)  # fmt: skip
        axes.set_box_aspect(1)
        return
    with Image.open(io.BytesIO(b64decode(card["stamps"][kind]))) as image:
        axes.imshow(np.asarray(image.convert("RGB")), interpolation="nearest")


def _curve(axes: Axes, points: Sequence[Sequence[Any]], alert_mjd: float) -> None:
    axes.axvline(alert_mjd, color="0.4", linestyle="--", linewidth=0.9)
    axes.set(xlabel="MJD", ylabel="mag")
    axes.ticklabel_format(useOffset=False)
    axes.invert_yaxis()
    axes.grid(color="0.9")
    if not points:
        axes.text(0.5, 0.5, "no point can be drawn", ha="center", transform=axes.transAxes)
        return
    bands, colours = sorted({point[1] for point in points}), band_colours()
    for band in bands:
        which = band_number(band, bands)
        colour = colours[which]
        for kind, positive, style, words in _styles(colour, _MARKERS[which]):
            rows = [p for p in points if p[1] == band and _is(p, kind, positive)]
            if rows:
                # what begins with a line is left out of legends
                label = f"{safe(band, 12)}{words}".lstrip("_").replace("$", r"\$")
                axes.errorbar([p[0] for p in rows], [p[3] for p in rows],
                              [p[4] or 0.0 for p in rows], label=label, linestyle="",
                              ecolor=colour, elinewidth=0.8, **style)  # fmt: skip
    axes.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)


def _is(point: Sequence[Any], kind: str | None, positive: bool) -> bool:
    if kind is not None:
        return bool(point[2] == kind)
    return point[2] not in (LIMIT, FORCED) and (point[5] is not False) == positive


def _styles(colour: str, marker: str) -> Sequence[tuple[str | None, bool, dict[str, Any], str]]:
    hollow = {"markerfacecolor": "white", "markeredgecolor": colour}
    return (
        (FORCED, True, {"marker": ".", "color": colour, "markersize": 4, "alpha": 0.7}, " forced"),
        (LIMIT, True, {"marker": "v", "markersize": 5, **hollow}, " limit"),
        (None, False, {"marker": marker, "markersize": 5, **hollow}, ", fainter than the template"),
        (None, True, {"marker": marker, "color": colour, "markersize": 5}, ""),
    )
