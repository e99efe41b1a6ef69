"""Regions that reach the edge of what was scanned, against healpy's neighbours."""

from dataclasses import asdict

import healpy
import numpy as np
import pytest
from matplotlib.figure import Figure
from test_skymaps_events import event

from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.map.skymap import make_skymap
from pipeline.skymaps.products.circular import circular_text
from pipeline.skymaps.products.pictures import draw_contours
from pipeline.skymaps.products.summary_csv import summary_row
from pipeline.skymaps.scan.pixels import first_pixels
from pipeline.skymaps.scan.results import PIXEL_DTYPE, Part, State
from pipeline.skymaps.scan.rounds import Scan

LEVELS = parse_nsides("64:0 512:12")


@pytest.mark.parametrize(
    ("width", "pointed", "expected"),
    [
        (0.4, True, [False, False, False]),
        (0.9, True, [False, False, True]),
        (1.7, True, [False, True, True]),
        (9.0, True, [True, True, True]),
        (9.0, False, [False, False, False]),
    ],
)
def test_a_region_at_the_edge_of_the_scan_is_a_lower_bound(width, pointed, expected):
    """Gaussians of a width [deg] in a disc of 3.5 degrees: 90 % reach 2.15 widths far."""
    index = first_pixels(64, (40.0, 25.0) if pointed else None)
    middle = healpy.ang2vec(40.0, 25.0, lonlat=True)
    angle = np.degrees(np.arccos(np.clip(np.array(healpy.pix2vec(64, index)).T @ middle, -1, 1)))
    rows = np.zeros(len(index), PIXEL_DTYPE)
    rows["nside"], rows["index"], rows["llh"] = 64, index, (angle / width) ** 2 / 2
    state = State()
    state.add([Part(rows)])
    skymap = make_skymap(event(), LEVELS, state, wilks_levels())
    depth = 2 * (rows["llh"] - rows["llh"].min())
    for contour in skymap.contours.values():
        around = healpy.get_all_neighbours(64, index[depth <= contour.two_delta_llh])
        bare = ~np.isin(around, index) & (around >= 0)
        assert contour.reaches_edge is bool(bare.any())
        assert asdict(contour)["reaches_edge"] is contour.reaches_edge
    assert [contour.reaches_edge for contour in skymap.contours.values()] == expected
    text = circular_text("a", Scan(event(), "dummy", LEVELS, pointed), skymap)
    areas = [line for line in text.splitlines() if line.startswith("Area")]
    assert ["at least" in line for line in areas] == expected
    assert [line.endswith("deg2 (reaches the edge of the scan)") for line in areas] == expected
    assert ("errors are lower bounds" in text) is expected[1]
    row = summary_row("a", Scan(event(), "dummy", LEVELS, pointed), state, skymap, None)
    assert row["reaches_edge_90"] is expected[1]
    axes = Figure().add_subplot()
    handles = draw_contours(axes, skymap, lambda *_, **__: None)
    assert ["≥" in handle.get_label() for handle in handles] == expected
