"""An address stands where a path may: it is the path that it is fetched to, and knows itself."""

import copy
import pickle
from dataclasses import asdict

import pytest
from pydantic import ValidationError

from pipeline.alerts.domain import Night
from pipeline.contract.address import Address, is_to_come, written
from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.crossmatch.domain import Catalog
from pipeline.events.domain import EventRow
from pipeline.maps.domain import MAPS, MapRow
from pipeline.plan.addresses import addresses_of
from pipeline.plan.fingerprint import fingerprint
from pipeline.plan.load import load_config
from pipeline.scores.domain import Model
from pipeline.skymaps.scanner.kind import is_result

URL = "https://host.example/a%20b/{}?v=2"


def test_an_address_is_a_path():
    path = Catalog(path=URL.format("vsx.csv.gz")).path
    assert path.startswith("results/inputs/")
    assert path.endswith("/vsx.csv.gz")
    assert path == Address.of(URL.format("vsx.csv.gz"))
    assert path != Address.of(URL.format("vsx.csv.gz") + "1")
    assert written(path) == URL.format("vsx.csv.gz")
    assert is_to_come(path)
    assert fingerprint(path) == ""
    for other in (copy.deepcopy(path), pickle.loads(pickle.dumps(path))):
        assert (type(other), other, other.url) == (Address, path, path.url)


def test_a_path_stays_one(tmp_path):
    path = Catalog(path=str(tmp_path)).path
    assert type(path) is str
    assert written(path) == path
    assert not is_to_come(path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://host/a.csv", "only http:// and https:// and s3:// are fetched"),
        ("file:///a.csv", "without file://"),
        ("https:///a.csv", "names a host"),
        ("https://me:secret@host/a.csv", "leave it out"),
        ("https://host/", "ends in the name of a file"),
        ("https://host/a/..", "ends in the name of a file"),
    ],
)
def test_addresses_that_are_none(url, said):
    for kind in (
        lambda: Catalog(path=url),
        lambda: Model(path=url, version="1"),
        lambda: EventRow(event="e", path=url),
        lambda: MapRow(event="e", stream="gw", path=url),
    ):
        with pytest.raises(ValidationError, match=said):
            kind()


@pytest.mark.parametrize("path", ["http://me:s3cret@host/a.tar.gz", "https://me@host/a.tar.gz"])
def test_a_password_is_told_nowhere(path):
    """It would stand in logs, in Snakemake's records and, refused, in the message."""
    with pytest.raises(ValidationError, match="leave it out, ~/.netrc is read"):
        Night(survey="ztf", night="20260101", path=path)
    with pytest.raises(ConfigError, match="leave it out") as refused:
        load_config({"catalogs": {"stars": {"path": path}}})
    assert "s3cret" not in str(refused.value)
    assert "@host/a.tar.gz" in str(refused.value)


def test_names_of_files_are_safe():
    path = Address.of("https://host/x/..%2F..%2Fa%20b%24(c).fits,1")
    assert path.rpartition("/")[2] == ".._.._a_b__c_.fits,1"


def request():
    config = load_config(
        {
            "maps": "maps.tsv",
            "events": "events.tsv",
            "catalogs": {"c": {"path": URL.format("c.csv")}, "here": {"path": "here.csv"}},
            "models": {"m": {"path": URL.format("m.onnx"), "version": "1"}},
        }
    )
    lines = {
        "events": (EventRow(event="e", path=URL.format("e.json")),),
        "maps": (
            MapRow(event="e", stream="gw", path=URL.format("s.fits")),
            MapRow(event="f", stream="gw", path=URL.format("s.fits")),
        ),
    }
    return Request(config, lines)


def test_all_of_a_configuration():
    found = {one.url for one in addresses_of(request())}
    assert found == {URL.format(name) for name in ("c.csv", "m.onnx", "e.json", "s.fits")}
    assert len(addresses_of(request())) == 4


def test_maps_are_asked_for():
    (row, again) = request().of("maps")
    assert MAPS.targets(request()) == [row.path, again.path]
    assert asdict(row.source)["path"] == row.path


def test_whether_an_event_is_a_result_does_not_depend_on_whether_it_is_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, expected in (("r.npz", True), ("r.json", False)):
        path = EventRow(event="e", path=URL.format(name)).path
        assert is_result(path) is expected
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text('{"nside-8": 1}')
        is_result.cache_clear()
        assert is_result(path) is expected
