"""Real maps of LVK, Fermi, IceCube and the IPN: every value against other readers'."""

import csv
import gzip
import json
from itertools import groupby

import numpy as np
import pytest

from pipeline.sky.maps.overlap import overlap
from pipeline.sky.maps.read import read_map

pytestmark = pytest.mark.real

MAPS = (
    "GRB180116A_gbm.fit.gz",
    "GRB220617A_ipn.fits.gz",
    "IC138632_nightmill.multiorder.fits",
    "IC200701_hese_cascade.fits.gz",
    "S190425z_bayestar.fits.gz",
    "S190814bv_LALInference.fits.gz",
    "S190814bv_bayestar.multiorder.fits",
    "S190928c_cWB.fits.gz",
    "S230518h_bilby.multiorder.fits",
    "S240114aj_bayestar.multiorder.fits",
    "S240115n_cwb.multiorder.fits",
)
LEVEL, DENSITY = 1e-6, 2e-7


@pytest.fixture(scope="session")
def maps(shared):
    found = {}

    def read(name):
        if name not in found:
            found[name] = read_map(shared / "data/skymaps" / name)
        return found[name]

    return read


@pytest.fixture(scope="session")
def crossmatch(shared):
    with gzip.open(shared / "reference/counterparts/crossmatch.csv.gz", "rt") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["map"])
    return {name: list(group) for name, group in groupby(rows, lambda row: row["map"])}


def column(rows, name):
    return np.array([float(row[name] or "nan") for row in rows])


def test_all_maps_are_here(shared):
    names = {p.name for p in shared.joinpath("data/skymaps").glob("*.fit*")}
    assert names == set(MAPS)


@pytest.mark.parametrize("name", MAPS)
def test_levels_and_densities(maps, crossmatch, name):
    found, rows = maps(name), crossmatch[name]
    at = found.at(column(rows, "ra"), column(rows, "dec"))
    near = np.abs(at.level - column(rows, "level")) < LEVEL
    reference = column(rows, "probdensity")
    same = np.isclose(at.density * found.account.total, reference, rtol=DENSITY, atol=0)
    edge = np.array([row["set"] == "edge" for row in rows])  # another pixel is right there too
    assert (near & same)[~edge].all()
    assert (near & same)[edge].mean() > 0.9
    logs = column(rows, "log_4pi_density")
    some = np.isfinite(logs) & ~edge
    assert np.allclose(np.log(4 * np.pi * at.density[some]), logs[some], atol=1e-6)


@pytest.mark.parametrize("name", MAPS)
def test_areas_sums_and_peaks(maps, shared, name):
    reference = json.loads((shared / "reference/counterparts/maps.json").read_text())["maps"][name]
    found = maps(name)
    assert found.account.total == pytest.approx(reference["sum"], rel=3e-8)
    for percent in (50, 90, 99):
        area = reference[f"area{percent}_deg2"]
        assert found.area_of(percent / 100) == pytest.approx(area, rel=1e-6)
    assert found.peak == pytest.approx(
        (reference["peak_ra_deg"], reference["peak_dec_deg"]), abs=1e-9
    )
    assert (found.distance is not None) == reference["volume"]
    header = reference["header"]
    mjd = header.get("MJD-OBS", header.get("EVENTMJD"))
    if mjd:
        assert found.mjd == pytest.approx(mjd, abs=1e-8)


@pytest.mark.parametrize("name", [name for name in MAPS if name[0] == "S"])
def test_distances_against_ligo_skymap(maps, shared, crossmatch, name):
    from ligo.skymap.distance import conditional_pdf
    from ligo.skymap.io import read_sky_map

    found = maps(name)
    if found.distance is None:
        return
    theirs = read_sky_map(str(shared / "data/skymaps" / name), moc=True)
    rows = crossmatch[name]
    at = found.at(column(rows, "ra"), column(rows, "dec"))
    order = np.array(np.log2(theirs["UNIQ"] // 4) // 2, dtype=int)
    begin = (theirs["UNIQ"] - 4 ** (order + 1)) << 2 * (29 - order)
    sort = np.argsort(begin)
    mine = found.begin[at.cell]
    cell = sort[np.searchsorted(begin[sort], mine, "right") - 1]
    r = column(rows, "dist_mpc")
    parameters = (np.array(theirs[c][cell]) for c in ("DISTMU", "DISTSIGMA", "DISTNORM"))
    with np.errstate(all="ignore"):
        expected = conditional_pdf(r, *parameters)
    value = found.distance.density(at.cell, r)
    some = np.isfinite(value)
    assert some.mean() > 0.6
    assert np.allclose(value[some], expected[some], rtol=1e-9, atol=1e-300)
    unknown = ~some & np.isfinite(expected) & (at.cell >= 0)
    assert np.all(expected[unknown] == 0)


def test_our_own_region_is_our_contour(maps, shared):
    from astropy.io import fits

    name = "IC138632_nightmill.multiorder.fits"
    contour = fits.getheader(shared / "data/skymaps" / name, 1)["CONTOUR_AREA_90"]
    assert maps(name).region(0.9).area == pytest.approx(contour, rel=1e-9)


def test_the_map_within_a_notice(maps, shared):
    path = "notices/S230518h_initial.json"
    found, file = maps(path), maps("S230518h_bilby.multiorder.fits")
    assert found.name == "S230518h"
    for name in ("begin", "end", "density", "level"):
        assert np.array_equal(getattr(found, name), getattr(file, name))
    assert found.mjd == file.mjd


def test_edge_cases(maps, shared):
    expected = json.loads((shared / "data/skymaps/edge/expected.json").read_text())
    assert len(expected) == 17
    for name, case in expected.items():
        if case["outcome"].startswith("refused"):
            with pytest.raises(ValueError, match=name) as raised:
                maps(f"edge/{name}")
            text = str(raised.value)
            for outcome, words in (
                ("overlapping", "cells overlap"),
                ("no HEALPix table", "no HEALPix table"),
                ("no probability", "no probability"),
                ("how many were expected", "expected 3072"),
            ):
                assert outcome not in case["outcome"] or words in text
            continue
        found, positions = maps(f"edge/{name}"), case["positions"]
        at = found.at([p["ra"] for p in positions], [p["dec"] for p in positions])
        density = [p["probdensity"] for p in positions]
        assert np.allclose(at.density, density, rtol=1e-12, atol=0), name
        assert np.allclose(at.level, [p["level"] for p in positions], atol=1e-12), name
        if "sum" in case:
            assert found.account.total == pytest.approx(case["sum"], rel=1e-12)
        assert found.account.bad == case.get("bad", 0)
        if "mjd" in case:
            assert found.mjd == case["mjd"]


def test_overlaps(maps, shared):
    reference = json.loads((shared / "reference/counterparts/overlap.json").read_text())
    files = {name.split(".")[0]: name for name in MAPS}
    assert len(reference["pairs"]) == 36
    for pair in reference["pairs"]:
        found = overlap(maps(files[pair["a"]]), maps(files[pair["b"]]))
        assert found == pytest.approx(pair["I_omega"], rel=1e-6)


def test_a_real_night(maps, shared):
    """Alerts within the 90 % region, looked up one by one and through a sorted index."""
    from pipeline.sky.maps.skymap import pixels_of

    with gzip.open(shared / "reference/counterparts/night_20240115.csv.gz", "rt") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["map"])
    for event, group in groupby(rows, lambda row: row["map"]):
        some = list(group)
        found = maps(next(name for name in MAPS if name.startswith(event)))
        ra, dec, level = (column(some, name) for name in ("ra", "dec", "searched_prob"))
        assert np.allclose(found.at(ra, dec).level, level, atol=1e-4)  # theirs counts no ties
        jd = column(some, "t0_jd")[0]
        assert found.mjd + 2400000.5 == pytest.approx(jd, abs=1e-8)
        pixel = pixels_of(ra, dec)
        order = np.argsort(pixel)
        region, within = found.region(0.9), np.flatnonzero(level <= 0.9)
        assert np.array_equal(np.flatnonzero(region.holds(pixel)), within)
        assert np.array_equal(np.sort(order[region.among(pixel[order])]), within)
