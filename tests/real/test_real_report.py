"""The page of a night of real packets, with networks, catalogues and a real event."""

import json

import pytest
from page_html import check_page
from workdir import Workdir

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
