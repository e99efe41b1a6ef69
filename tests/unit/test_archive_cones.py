"""Cone searches over nights with and without an index, against astropy's separations."""

import json
import logging
import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import read_alerts, write_alerts
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.archive.cones.build import build_index
from pipeline.archive.cones.merge import merge_indexes
from pipeline.archive.places import CONES, MONTH
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import EVERYTHING, Options
from pipeline.archive.query.positions import read_positions
from pipeline.cli.main import main

COLUMNS = ["magpsf"]
NIGHTS = ("20180201", "20180202", "20180203")
CENTRES = [(120.0, 90.0), (0.0, -90.0), (0.0, 10.0), (359.99999, -20.0), (45.0, 0.0)]


def cloud(rng, n):
    """Return positions near the poles, RA 0 and corners of pixels, and some anywhere."""
    centre = np.array(CENTRES)[rng.integers(0, len(CENTRES), n)]
    scale = 10.0 ** rng.uniform(-5, 1, n)
    ra = rng.uniform(0, 360, n) * (np.abs(centre[:, 1]) == 90) + centre[:, 0]
    ra = ra + rng.normal(size=n) * scale
    dec = np.clip(centre[:, 1] + rng.normal(size=n) * scale, -90, 90)
    anywhere = rng.random(n) < 0.2
    ra = np.where(anywhere, rng.uniform(0, 360, n), ra)
    dec = np.where(anywhere, np.degrees(np.arcsin(rng.uniform(-1, 1, n))), dec)
    return ra % 360, dec


def index(directory, survey, night, columns=COLUMNS):
    folder = directory / f"results/alerts/{survey}/{night}"
    tables = sorted(folder.glob("*.parquet"))
    out = directory / CONES.format(survey=survey, night=night)
    build_index(tables, survey, night, columns, out)
    return out


def merge(directory, survey, nights):
    out = directory / MONTH.format(survey=survey, month="201802")
    merge_indexes([directory / CONES.format(survey=survey, night=n) for n in nights], out)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return three nights of ZTF in a month, one of another, one of PGIR; all indexed."""
    directory = tmp_path_factory.mktemp("archive")
    rng = np.random.default_rng(1)
    for number, night in enumerate((*NIGHTS, "20180301")):
        n = (120, 0, 80, 60)[number]
        magpsf = rng.uniform(15, 20, n)
        write_alerts(directory, *cloud(rng, n), night, shards=2, start=1000 * number, magpsf=magpsf)
        index(directory, "ztf", night)
    write_alerts(directory, *cloud(rng, 50), "20180201", survey="pgir", start=9000)
    index(directory, "pgir", "20180201")
    merge(directory, "ztf", NIGHTS)
    return directory


@pytest.fixture
def archive(made, tmp_path):
    """Return a copy, with its times."""
    shutil.copytree(made, tmp_path / "archive")
    return tmp_path / "archive"


def expected(directory, positions, arcsec):
    """Return (position, survey, candid) of the pairs within, by astropy, and those on the edge."""
    alerts = read_alerts(directory)
    sky = SkyCoord(alerts["ra"].to_numpy(), alerts["dec"].to_numpy(), unit="deg")
    names = alerts["survey"].to_pylist()
    candids = alerts["candid"].to_pylist()
    sure, edge = set(), set()
    for number, (ra, dec) in enumerate(zip(positions.ra, positions.dec, strict=True)):
        apart = SkyCoord(ra, dec, unit="deg").separation(sky).to_value(u.arcsec)
        slack = 1e-8 + 1e-12 * arcsec + (3e-3 if arcsec > 600_000 else 0)
        for row in np.flatnonzero(apart <= arcsec + slack):
            key = (number, names[row], candids[row])
            (sure if apart[row] <= arcsec - slack else edge).add(key)
    return sure, edge


def keys(found):
    rows = found.select(["position", "survey", "candid"]).to_pylist()
    return [tuple(row.values()) for row in rows]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(CENTRES) | st.tuples(st.floats(0, 360), st.floats(-90, 90)), max_size=5
    ),
    st.floats(-3, 5.81).map(lambda x: 10.0**x),
)
def test_all_of_them_and_no_other(made, positions, arcsec):
    given_ = read_positions({str(i): pair for i, pair in enumerate(positions)})
    found = FilesHome(made).cones(given_, arcsec)
    got = keys(found)
    assert len(got) == len(set(got))
    sure, edge = expected(made, given_, arcsec)
    assert sure <= set(got) <= sure | edge
    distance = found["distance_arcsec"].to_numpy()
    position = found["position"].to_numpy()
    assert (np.lexsort((distance, position)) == np.arange(len(distance))).all()


def test_distances_are_astropys(made):
    positions = read_positions({"a": [0.0, 10.0]})
    found = FilesHome(made).cones(positions, 180 * 3600, ["ra", "dec"])
    assert found.column_names == ["position", "distance_arcsec", "survey", "night", "ra", "dec"]
    assert found.num_rows == read_alerts(made).num_rows  # all of the sky
    sky = SkyCoord(found["ra"].to_numpy(), found["dec"].to_numpy(), unit="deg")
    apart = SkyCoord(0, 10, unit="deg").separation(sky).to_value(u.arcsec)
    assert found["distance_arcsec"].to_numpy() == pytest.approx(apart, abs=1e-8, rel=1e-9)


def test_radius_0_finds_what_lies_just_there(tmp_path):
    write_alerts(tmp_path, [10.5, 10.5, 10.5000001], [-20, -20, -20])
    index(tmp_path, "ztf", "20180201")
    found = FilesHome(tmp_path).cones(read_positions([10.5, -20]), 0.0)
    assert found["candid"].to_pylist() == [1000, 1001]


def test_one_alert_in_two_nights_is_there_twice(tmp_path):
    for night in NIGHTS[:2]:
        write_alerts(tmp_path, [10.5], [-20], night)
        index(tmp_path, "ztf", night)
    found = FilesHome(tmp_path).cones(read_positions([10.5, -20]), 1)
    assert found["night"].to_pylist() == ["20180201", "20180202"]
    merge(tmp_path, "ztf", NIGHTS[:2])
    assert FilesHome(tmp_path).cones(read_positions([10.5, -20]), 1).equals(found)


def test_the_same_without_indexes(archive, caplog):
    """What no index tells is looked for in the tables, and the log says so."""
    positions = read_positions([[0.0, 10.0], [120.0, 90.0]])

    def rows():
        caplog.clear()
        found = FilesHome(archive).cones(positions, 20_000, ["object_id", "magpsf", "jd", "candid"])
        return found.to_pylist()

    whole = rows()
    assert len(whole) > 20
    assert not caplog.messages
    shutil.rmtree(archive / "results/cones_by_month")
    assert rows() == whole
    assert not caplog.messages  # each night has its own
    shutil.rmtree(archive / CONES.format(survey="ztf", night=NIGHTS[0]))
    assert rows() == whole
    assert caplog.messages == [
        "results/cones/ztf/20180201 is not there: looked through its alerts instead; "
        "run the workflow"
    ]
    shutil.rmtree(archive / "results/cones")
    assert rows() == whole
    assert caplog.messages == [  # once a survey, and not of each night
        f"there are no cone indexes of {survey}: looked through its alerts instead; with "
        "`archive: {}` in the configuration the workflow makes them, for faster searches"
        for survey in ("pgir", "ztf")
    ]


def test_a_stale_index_is_not_believed(archive, caplog):
    positions = read_positions([0.0, 10.0])
    home = FilesHome(archive)
    for table in archive.glob("results/alerts/*/*/*.parquet"):
        os.utime(table, ns=(5, 5))  # as a copy elsewhere has
    home.cones(positions, 20_000)
    assert not caplog.messages
    write_alerts(archive, [0.0001], [10.0], NIGHTS[0], shards=2, start=7777)
    found = home.cones(positions, 20_000)
    assert 7777 in found["candid"].to_pylist()
    assert not set(range(1000)) & set(found["candid"].to_pylist())
    assert "results/cones/ztf/20180201 was made of other tables" in caplog.text
    shutil.rmtree(archive / "results/alerts/ztf/20180201")
    with pytest.raises(ValueError, match=r"ztf/20180201/0000\.parquet .*is not there"):
        home.cones(positions, 20_000)


def test_a_damaged_index_is_told(archive, caplog):
    (archive / CONES.format(survey="pgir", night="20180201") / "vec.npy").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        FilesHome(archive).cones(read_positions([0.0, 10.0]), 10)
    assert "is not a cone index" in caplog.text


def test_columns_of_the_tables(archive):
    """Those that no index has are read from the tables, row by row."""
    positions = read_positions([[0.0, 10.0], [0.0, -90.0]])
    home = FilesHome(archive)
    everything = home.cones(positions, 30_000, "all")
    tables = {(row["survey"], row["candid"]): row for row in read_alerts(archive).to_pylist()}
    for row in everything.to_pylist():
        alert = tables[row["survey"], row["candid"]]
        assert {name: row[name] for name in alert} == alert
    some = home.cones(positions, 30_000, ["l", "magpsf", "l", "night"])
    assert some.column_names == ["position", "distance_arcsec", "survey", "night", "l", "magpsf"]
    assert some.equals(everything.select(some.column_names))
    with pytest.raises(ValueError, match="no table of these alerts has a column 'magpfs'"):
        home.cones(positions, 30_000, ["magpfs"])
    index(archive, "ztf", "20180301", "all")  # an index of everything beside others
    assert (
        home.cones(positions, 30_000, "all").select(everything.column_names).to_pylist()
        == everything.to_pylist()
    )


def test_surveys(made):
    home, positions = FilesHome(made), read_positions([0.0, 10.0])
    assert set(home.cones(positions, 1e6, surveys=["pgir"])["survey"].to_pylist()) == {"pgir"}
    with pytest.raises(ValueError, match="no alerts of 'lsst'; there are pgir, ztf"):
        home.cones(positions, 1e6, surveys=["lsst"])


def test_documents(made):
    home, positions = FilesHome(made), read_positions({"a.b": [0.0, 10.0], "c": [33.0, 33.0]})
    near = home.near(positions, 100, 20_000, {"alerts": EVERYTHING}, Options(limit=3, skip=1))
    assert list(near) == ["alerts"]
    assert list(near["alerts"]) == ["a_b", "c"]
    found = home.cones(positions, 20_000, least_arcsec=100)
    assert [d["candid"] for d in near["alerts"]["a_b"]] == found["candid"].to_pylist()[1:4]
    assert all(d["distance_arcsec"] >= 100 for d in near["alerts"]["a_b"])
    cone = home.cone_search(positions, 20_000, {"alerts": EVERYTHING})
    assert len(cone["alerts"]["a_b"]) >= len(found)
    with pytest.raises(ValueError, match="scores: searches by position are of alerts"):
        home.cone_search(positions, 1, {"scores": EVERYTHING})


def test_no_tables(tmp_path):
    with pytest.raises(ValueError, match="there are no tables under results/"):
        FilesHome(tmp_path)


def test_the_command(made, capsys, tmp_path):
    directory = ["--directory", str(made)]
    place = ["query", "cone", '{"a": [0.0, 10.0], "b": ["0:0:0", "-90:00:00"]}', "--unit", "deg"]
    assert main([*place, "--radius", "6", "--limit", "2", "--format", "json", *directory]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["position"] for row in rows] == ["a", "a", "b", "b"]
    for form in ("csv", "parquet", "votable"):
        out = tmp_path / f"out.{form}"
        assert (
            main([*place, "--radius", "6", "--limit", "2", "--output", str(out), *directory]) == 0
        )
    again = pq.read_table(tmp_path / "out.parquet")
    assert again["candid"].to_pylist() == [row["candid"] for row in rows]
    assert again.schema.field("ra").metadata[b"unit"] == b"deg"
    from astropy.table import Table

    table = Table.read(tmp_path / "out.votable")
    assert table["candid"].tolist() == again["candid"].to_pylist()
    assert str(table["ra"].unit) == "deg"
    assert (
        pa.csv.read_csv(tmp_path / "out.csv")["candid"].to_pylist() == again["candid"].to_pylist()
    )
    (tmp_path / "positions.json").write_text("[[0.0, 10.0]]")
    assert (
        main(
            [
                "query",
                "cone",
                f"@{tmp_path / 'positions.json'}",
                "--radius",
                "1",
                "--unit",
                "rad",
                "--format",
                "text",
                *directory,
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.splitlines()[0].split()[:3] == [
        "position",
        "distance_arcsec",
        "survey",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["10 91"], "a declination is in"),
        (["10 9", "--radius", "-1"], "an angle is a number of at least 0"),
        (["10 9", "--limit", "-1"], "--limit and --skip are at least 0"),
        (["10 9", "--output", "a.txt"], "a.txt: ends in none of .json"),
        (["10 9", "--columns", "nothing", "--radius", "100000"], "has a column 'nothing'"),
        (["@no_such_file"], "no_such_file"),
    ],
)
def test_a_wrong_command(made, capsys, arguments, said):
    assert main(["query", "cone", *arguments, "--directory", str(made)]) == 1
    assert said in capsys.readouterr().err
