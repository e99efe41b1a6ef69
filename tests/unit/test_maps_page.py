"""The page's part of others' skymaps: counts, and borders, against plain geometry and healpy."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mapfiles import blob, flat

from pipeline.cli.main import main
from pipeline.contract.blocks import Reads
from pipeline.maps.page import facts, section
from pipeline.sky.coordinates import galactic
from pipeline.sky.maps.build import Told
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse
from pipeline.sky.maps.outline import outline_of
from pipeline.sky.maps.read import read_map
from pipeline.sky.maps.skymap import pixels_of

RA, DEC, RADIUS, MJD = 359.5, 40.0, 2.0, 60000.0
RADIUS_95 = RADIUS * np.sqrt(np.log(20) / np.log(10))
"""Of a two-dimensional Gaussian whose 90 % lie within `RADIUS`."""


def apart(ra, dec, at=(RA, DEC)):
    """Return angles [deg], by haversines."""
    a, d, b, e = np.radians([ra, dec, np.full_like(ra, at[0]), np.full_like(ra, at[1])])
    half = np.sin((d - e) / 2) ** 2 + np.cos(d) * np.cos(e) * np.sin((a - b) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(half)))


def source(**changes):
    ellipse = {"ra": RA, "dec": DEC, "major": RADIUS, "minor": RADIUS}
    values = {
        "event": "IC1", "stream": "neutrino", "path": None, "ellipse": ellipse, "mjd": MJD,
        "known": None, "window": [0.0, 10.0], "level": 0.95,
    }  # fmt: skip
    return {**values, **changes}


@pytest.fixture
def night(tmp_path):
    """Return alerts in two shards, around a position and all over the sky; the second without."""
    random = np.random.default_rng(3)
    ra = np.concatenate([(RA + random.normal(0, 3, 400)) % 360, random.uniform(0, 360, 100)])
    dec = np.concatenate([DEC + random.normal(0, 2, 400), random.uniform(-89, 89, 100)])
    seen = MJD + 2400000.5 + random.uniform(-20, 20, 500)
    columns = {"object_id": [f"o{i // 2}" for i in range(500)], "ra": ra, "dec": dec}
    table = pa.table({**columns, "jdstarthist": seen})
    pq.write_table(table.slice(0, 300), tmp_path / "0.parquet")
    pq.write_table(table.slice(300), tmp_path / "1.parquet")
    return table


def asked(tmp_path, *sources, shards=("0", "1")):
    paths = [str(tmp_path / f"{shard}.parquet") for shard in shards]
    return Reads("ztf", "20230225", {"alerts": paths}, {"maps": list(sources)})


def test_what_a_night_has_in_a_region(tmp_path, night):
    found = facts(asked(tmp_path, source()))["maps"]["IC1"]
    rows = night.to_pandas()
    inside = rows[apart(rows.ra.to_numpy(), rows.dec.to_numpy()) < RADIUS_95]
    assert abs(found["alerts"] - len(inside)) <= 2  # a cell at the border is in or out as a whole
    near = apart(inside.ra.to_numpy(), inside.dec.to_numpy()) < 0.98 * RADIUS_95
    assert found["alerts"] >= near.sum() > 50
    after = inside.jdstarthist - 2400000.5 - MJD
    new = inside[(after >= 0) & (after <= 10)].object_id.nunique()
    assert abs(found["new_objects"] - new) <= 2
    assert 0 < new < found["objects"]
    assert found["seen"] > 0.9


def test_what_was_seen_is_the_sum_of_healpys_pixels(tmp_path, night):
    import healpy

    (tmp_path / "m.fits").write_bytes(flat(blob(64, peak=(RA, DEC), sigma=20.0), nside=64))
    found = facts(asked(tmp_path, source(path=str(tmp_path / "m.fits"), ellipse=None)))
    pixel = np.unique(healpy.ang2pix(32, *night.select(["ra", "dec"]), nest=True, lonlat=True))
    coarse = healpy.ud_grade(blob(64, peak=(RA, DEC), sigma=20.0), 32, power=-2,
                             order_in="NESTED", order_out="NESTED")  # fmt: skip
    assert found["maps"]["IC1"]["seen"] == pytest.approx(coarse[pixel].sum(), rel=1e-6)


def test_a_map_in_the_galactic_frame_counts_the_same(tmp_path, night):
    peak = [float(x) for x in galactic(np.float64(RA), np.float64(DEC))]
    for name, at, frame in (("c", (RA, DEC), "C"), ("g", peak, "G")):
        content = flat(blob(256, peak=at, sigma=2.0), nside=256, COORDSYS=frame)
        (tmp_path / f"{name}.fits").write_bytes(content)
    maps = [source(event=name, path=str(tmp_path / f"{name}.fits"), ellipse=None) for name in "cg"]
    found = facts(asked(tmp_path, *maps))["maps"]
    assert abs(found["c"]["alerts"] - found["g"]["alerts"]) <= 3
    np.testing.assert_allclose(found["g"]["peak"], [RA, DEC], atol=0.3)
    for ra, dec in found["g"]["outline"][0]:
        assert apart(np.array(ra), np.array(dec)) == pytest.approx(
            2 * np.sqrt(2 * np.log(10)), rel=0.1
        )


def test_one_damaged_map_is_told_and_the_others_go_on(tmp_path, night):
    (tmp_path / "cut.fits").write_bytes(flat()[:3000])
    cut = source(event="<b>cut", path=str(tmp_path / "cut.fits"), ellipse=None)
    reads = asked(tmp_path, cut, source())
    reads = Reads(reads.survey, reads.night, reads.files, reads.settings, facts(reads))
    told = section(reads)
    assert [problem for problem in told.problems if "<b>cut" in problem and "cut.fits" in problem]
    assert [row[0] for row in told.blocks[0].rows] == ["IC1"]
    assert [outline.name for outline in told.outlines] == ["IC1"]


def test_a_night_without_alerts_or_first_detections(tmp_path, night):
    assert facts(asked(tmp_path, source(), shards=()))["maps"]["IC1"]["new_objects"] is None
    for shard in "01":
        table = pq.read_table(tmp_path / f"{shard}.parquet").drop_columns(["jdstarthist"])
        pq.write_table(table, tmp_path / f"{shard}.parquet")
    found = facts(asked(tmp_path, source()))["maps"]["IC1"]
    assert found["alerts"] > 0
    assert found["new_objects"] is None


def test_of_revisions_the_newest_counts(tmp_path, night):
    late = source(known=MJD + 2, level=0.5)
    found = facts(asked(tmp_path, late, source(known=MJD + 1)))["maps"]
    assert found["IC1"]["level"] == 0.5


@pytest.mark.parametrize("at", [(0.0, 0.0), (359.9, 89.5), (123.0, -60.0)])
@pytest.mark.parametrize("radius", [0.01, 1.0, 9.0, 45.0])
def test_the_border_lies_where_the_level_is(at, radius):
    skymap = map_of_ellipse(Ellipse(*at, radius, radius), Told("circle"))
    points = np.concatenate([np.array(line) for line in outline_of(skymap, 0.9)])
    if radius >= 1:  # positions are rounded to 0.01 deg
        assert np.median(np.abs(skymap.at(*points.T).level - 0.9)) < 0.05
    away = apart(points[:, 0], points[:, 1], at)
    assert away.max() < 1.3 * skymap_radius(skymap) + 0.7


def skymap_radius(skymap):
    return np.degrees(np.arccos(1 - np.radians(1) ** 2 * skymap.area_of(0.9) / (2 * np.pi)))


def test_probability_before_a_pixel(tmp_path):
    (tmp_path / "m.fits").write_bytes(flat())
    skymap = read_map(tmp_path / "m.fits")
    pixel = np.sort(pixels_of(np.linspace(0, 359, 50), np.linspace(-80, 80, 50)))
    held = [
        float((np.clip(p - skymap.begin, 0, skymap.end - skymap.begin) / (skymap.end - skymap.begin)
               * skymap.density * skymap.area).sum())
        for p in pixel
    ]  # fmt: skip
    np.testing.assert_allclose(skymap.below(pixel), held, rtol=1e-9, atol=1e-12)


def test_check_looks_at_the_maps(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cut.fits").write_bytes(flat()[:3000])
    (tmp_path / "maps.tsv").write_text("event\tstream\tpath\nS1\tgw\tcut.fits\n")
    (tmp_path / "c.yaml").write_text("alerts: \nevents: \nmaps: maps.tsv\n")
    assert main(["check", "--configfile", "c.yaml"]) == 1
    assert "S1: cut.fits" in capsys.readouterr().out
