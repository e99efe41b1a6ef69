"""The page of a night of real packets, with networks, catalogues and a real event."""

import json

import pytest
from page_html import check_page
from PIL import Image
from workdir import Workdir

from pipeline.cli.main import main

pytestmark = [pytest.mark.real, pytest.mark.workflow]


@pytest.fixture(scope="module")
def ran(shared, tmp_path_factory) -> Workdir:
    """Return a directory with the page of 12 packets of 2020."""
    directory = Workdir(tmp_path_factory.mktemp("page"))
    data = shared / "data"
    config = {
        "report": {"objects": 20},
        "events": "config/events.tsv",
        "models": {"braai": {"version": "d6_m9", "path": str(data / "models/braai_d6_m9.h5")}},
        "catalogs": {
            "vsx": {
                "path": str(data / "catalogs/real/vsx.parquet"), "ra": "RAJ2000",
                "dec": "DEJ2000", "columns": ["VType"], "radius_arcsec": 2.0,
            }
        },
    }  # fmt: skip
    directory.write_config(config, [("ztf", "20200202", data / "alerts/ztf/20200202", 2)])
    event = data / "icecube/events/138632_31747601.json"
    (directory.path / "config/events.tsv").write_text(f"event\tpath\nIC138632\t{event}\n")
    directory.snakemake("--cores", "2")
    return directory


def test_the_page(ran):
    text = (ran.path / "results/report/ztf/20200202.html").read_text()
    page = check_page(text)
    assert len(text) < 5e6
    numbers = json.loads((ran.path / "results/report/ztf/20200202.json").read_text())
    assert page.text.count("science template difference") == len(numbers["objects"])
    assert "Event: IC138632" in page.text
    # SN 2020oi in M100, bright and new
    first = numbers["objects"][0]
    assert first["object_id"] == "ZTF20aaelulu"
    assert f"https://ztf.fink-portal.org/{first['object_id']}" in [a["href"] for a in page.links]
    assert 14.5 < first["mag"] < 15.5
    kinds = {point[2] for point in first["points"]}
    assert kinds == {"detection", "limit"}
    assert not first["no_stamps"]


def test_every_packet_is_counted(ran):
    numbers = json.loads((ran.path / "results/report/ztf/20200202.json").read_text())
    rows = dict(row[:2] for row in numbers["parts"]["alerts"][0]["rows"])
    assert rows["packets read"] == rows["alerts"] == 12


def test_show_of_a_supernova(ran, capsys, tmp_path):
    files = ["--png", str(tmp_path / "a.png"), "--html", str(tmp_path / "a.html")]
    where = ["--directory", str(ran.path)]
    assert main(["show", "ZTF20aaelulu", *where]) == 0
    out = capsys.readouterr().out
    for words in ("3 detections, 10 limits", "braai d6_m9   1.000", "ztfg 14.92 ± 0.03 mag",
                  "https://ztf.fink-portal.org/ZTF20aaelulu"):  # fmt: skip
        assert words in out, words
    assert main(["show", "1105522281015015000", *where, *files]) == 0
    page = check_page((tmp_path / "a.html").read_text())
    assert len(page.images) == 3
    with Image.open(tmp_path / "a.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 200  # the stamps' greys


def test_show_of_a_neutrino(ran, capsys, tmp_path):
    where = ["--directory", str(ran.path)]
    assert main(["show", "IC138632", *where]) == 0
    out = capsys.readouterr().out
    for words in ("run 138632, event 31747601", "RA               138.6", "No pixel failed."):
        assert words in out, words
    assert (ran.path / "results/skymaps/IC138632/circular.txt").read_text() in out
    assert main(["show", "IC138632", *where, "--html", str(tmp_path / "e.html")]) == 0
    assert len(check_page((tmp_path / "e.html").read_text()).images) == 2
