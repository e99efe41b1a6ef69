"""Alerts inside a credible region, against the map's own levels of every alert."""

import json

import numpy as np
import pytest
from alert_tables import read_alerts, write_alerts

from pipeline.archive.cones.build import build_index
from pipeline.archive.cones.regions import Area
from pipeline.archive.places import CONES
from pipeline.archive.query.files import FilesHome
from pipeline.cli.main import main
from pipeline.sky.maps.build import Told
from pipeline.sky.maps.gaussian import Ellipse, map_of_ellipse

CIRCLE = Ellipse(1.0, 60.0, 4.0, 4.0, 0.0, 0.9)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("region")
    rng = np.random.default_rng(3)
    for night in ("20180201", "20180202"):
        ra, dec = 1 + rng.normal(0, 8, 300), np.clip(60 + rng.normal(0, 4, 300), -90, 90)
        start = 1000 if night == "20180201" else 5000
        tables = write_alerts(directory, ra % 360, dec, night, start=start)
    out = directory / CONES.format(survey="ztf", night="20180202")
    build_index(tables, "ztf", "20180202", [], out)  # the other night has none
    return directory


@pytest.mark.parametrize("level", [0.5, 0.9, 1.0])
@pytest.mark.parametrize("first", [-np.inf, 2458150.55])
def test_all_inside_and_no_others(directory, level, first):
    skymap = map_of_ellipse(CIRCLE, Told("circle"))
    last = 2458150.7
    found = FilesHome(directory).region(Area(skymap, level, first, last), ["candid", "jd"])
    alerts = read_alerts(directory)
    at = skymap.at(alerts["ra"].to_numpy(), alerts["dec"].to_numpy())
    levels = np.where(at.density > 0, at.level, 2.0)
    jd = alerts["jd"].to_numpy()
    inside = (levels <= level) & (jd >= first) & (jd <= last)
    assert inside.sum() > 20
    assert sorted(found["candid"].to_pylist()) == sorted(alerts["candid"].to_numpy()[inside])
    assert found["level"].to_pylist() == sorted(levels[inside])


def test_the_window_is_after_the_event(directory):
    skymap = map_of_ellipse(CIRCLE, Told("circle", mjd=58150.0))
    area = Area.after(skymap, 0.9, 0.0, 0.6)
    assert (area.first_jd, area.last_jd) == (2458150.5, 2458151.1)
    with pytest.raises(ValueError, match="no window, as the map has no time"):
        Area.after(map_of_ellipse(CIRCLE, Told("circle")), 0.9, 0, 1)


def test_the_command(directory, tmp_path, capsys):
    (directory / "config").mkdir(exist_ok=True)
    (directory / "config/config.yaml").write_text("maps: config/maps.tsv\n")
    (directory / "config/maps.tsv").write_text(
        "event\tstream\tpath\tra\tdec\tradius\ttime\n"
        "IC1\tneutrino\t\t1.0\t60.0\t4.0\t2018-02-01T00:00:00\n"
    )
    of = ["--directory", str(directory), "--format", "json"]
    assert main(["query", "skymap", "IC1", "--level", "0.9", "--limit", "3", *of]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 3
    assert [row["level"] for row in rows] == sorted(row["level"] for row in rows)
    assert main(["query", "skymap", "IC1", "--window", "-9", "-8", *of]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["query", "skymap", "IC2", *of]) == 1
    assert "no map of an event 'IC2'" in capsys.readouterr().err
    assert main(["query", "skymap", "IC1", "--level", "90", *of]) == 1
    assert "90 % is 0.9 (found 90)" in capsys.readouterr().err
