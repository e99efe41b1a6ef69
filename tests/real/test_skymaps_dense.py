"""A wide event's areas against a scan of every pixel of the whole sky at nside 64."""

import numpy as np
import pytest

from pipeline.sky import healpix
from pipeline.skymaps.map.cells import cover
from pipeline.skymaps.map.islands import islands
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.scan.rounds import scan_all
from pipeline.skymaps.setup import read_scan

pytestmark = pytest.mark.real

LEVELS = wilks_levels().two_delta_llh


@pytest.fixture
def scanned(shared, tmp_path):
    """Return a function that scans hese_01 with some settings."""
    event = shared / "data/icecube/events/hese_event_01.json"
    geometry = shared / "data/icecube/ic86_geometry.csv"

    def scan(nsides, refine):
        how = {"reco": "pandel_spe1st", "geometry": geometry, "nsides": nsides, "refine": refine}
        one = read_scan(event, **how)
        return one, scan_all(one, tmp_path / refine / nsides.replace(":", "-"))

    return scan


def test_areas_are_those_of_a_dense_scan(scanned):
    _, dense = scanned("64:0", "minimum")
    llh = dense.pixels[64]["llh"]
    assert len(llh) == 49152
    areas = {}
    for refine in ("minimum", "contour"):
        one, state = scanned("8:0 64:12 512:24", refine)
        cells = cover(one.levels, state)
        areas[refine] = {name: cells.area_within(level) for name, level in LEVELS.items()}
    degrees = healpix.pixel_area(64) * np.degrees(1.0) ** 2
    best = float(state.best()["llh"])
    for name, level in LEVELS.items():
        expected = (2 * (llh - best) <= level).sum() * degrees
        assert areas["contour"][name] == pytest.approx(expected, rel=0.005)
    assert areas["minimum"]["90"] < 0.92 * areas["contour"]["90"]
    assert len(state.pixels[64]) < 8000
    assert islands(cells, LEVELS["90"]).max() == 0
