"""Odd configurations: one short line for each, whatever YAML can make."""

import pytest
import yaml
from plans import check_config, load_nights

from pipeline.alerts.domain import Night
from pipeline.contract.section import ConfigError
from pipeline.plan.load import load_config
from pipeline.plan.twice import check_keys

STARS = {"path": "stars.csv"}


def bomb(depth: int = 40):
    value: list = ["lol"]
    for _ in range(depth):
        value = [value] * 9
    return value


def deep(depth: int = 100_000):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def catalogue(**changes):
    return {"catalogs": {"c": {**STARS, **changes}}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2], r"configuration: expected keys and values \(found \[1, 2\]\)"),
        (None, r"expected keys and values \(found None\)"),
        ({"alerts": ""}, "alerts: String should have at least 1 character"),
        ({"alerts": "~/alerts.tsv"}, "alerts: ~ means no folder here"),
        (catalogue(path="a{b}.csv"), "catalogs.c.path: { and } stand for nothing here"),
        (catalogue(path="a\nb.csv"), "catalogs.c.path: a path has no control characters"),
        (catalogue(path="a.csv "), "catalogs.c.path: .* no blanks around it"),
        (catalogue(path="a" * 300), "catalogs.c.path: the name of a file has 255 bytes at most"),
        (catalogue(id=""), "catalogs.c.id: String should have at least 1 character"),
        (catalogue(columns=["", "a"]), "catalogs.c.columns.0: String should have"),
        (catalogue(surveys=[]), "catalogs.c.surveys: List should have at least 1 item"),
        (catalogue(radius_arcsec=True), "catalogs.c.radius_arcsec: a number is expected, no true"),
        (catalogue(radius_arcsec={"ztf": False}), "radius_arcsec: a number is expected, no true"),
        (catalogue(radius_arcsec=float("nan")), "catalogs.c.radius_arcsec.*finite number"),
        (catalogue(radius_arcsec={"ztf": 2, "zft": 3}), "catalogs.c: radius_arcsec names zft"),
        (catalogue(radius_arcsec=10**5000), r"radius_arcsec.*found a number of too many digits"),
        ({"skymaps": {"chunks": True}}, "skymaps.chunks: a number is expected"),
        ({"skymaps": {"pixel_timeout_s": float("inf")}}, "pixel_timeout_s: .*finite number"),
        ({"catalogs": {"c" * 101: STARS}}, "catalogs: 'c.*100 at most"),
        ({1: 2}, "configuration: .*string"),
        ({"a\nb": 1}, r"configuration: 'a\\nb': unknown key"),
        ({"alerts": bomb()}, r"alerts: .*found \[\["),
        ({"catalogs": bomb()}, "catalogs: .*found"),
        (catalogue(columns=bomb()), "catalogs.c.columns.0: .*found"),
        ({"models": deep()}, "models: .*found"),
        ({"models": {"m": {"version": "x", "path": "y", "features": list(range(999))}}}, "more"),
    ],
)
def test_odd_values(values, message):
    with pytest.raises(ConfigError, match=message) as error:
        load_config(values)
    assert len(str(error.value)) < 10_000
    assert all(line.startswith("configuration: ") for line in str(error.value).splitlines())


@pytest.mark.parametrize("path", ["my stars.csv", "sterne_größe.csv", "it's.csv", "a*b[1]?.csv"])
def test_paths_that_are_only_unusual(path):
    assert load_config(catalogue(path=path)).catalogs["c"].path == path


def test_a_table_with_odd_lines(tmp_path):
    path = tmp_path / "alerts.tsv"
    for text, message in (
        ("survey\tnight\tpath\tpath\nztf\t1\tx\ty\n", "the column 'path' stands there twice"),
        ("survey\tnight\tpath\tshards\nztf\t1\tx\t-3\n", "line 2: shards: .*found '-3'"),
        ("survey\tnight\tpath\tshards\nztf\t1\tx\t1000000000\n", "line 2: shards: "),
        (f"survey\tnight\tpath\tshards\nztf\t1\tx\t{'9' * 5000}\n", "line 2: shards: "),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            load_nights(str(path))
    path.write_bytes(b"survey\tnight\tpath\nztf\t1\t\xff\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_nights(str(path))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_nights("a\x00b")


def test_dumps_that_no_file_is_called(tmp_path):
    path = tmp_path / "alerts.tsv"
    for dump in ("x" * 5000, "~/night", "nights/{night}", "a\bb"):
        path.write_text(f"survey\tnight\tpath\nztf\t1\t{dump}\n")
        with pytest.raises(ConfigError, match="line 2: .*path"):
            load_nights(str(path))
    address = f"https://host/x.tar.gz?token={'x' * 500}"
    path.write_text(f"survey\tnight\tpath\nztf\t1\t{address}\n")
    assert load_nights(str(path))[0].path == address
    check_config(load_config({}), [Night(survey="ztf", night="1", path="night")])


def test_keys_that_stand_twice(tmp_path):
    path = tmp_path / "config.yaml"
    for text, message in (
        ("catalogs:\n  a: {path: x}\n  b: {path: y}\n  a: {path: z}\n", "line 4: the key 'a'"),
        (
            "engine: tensorflow\nengine: onnxruntime\n",
            "line 2: the key 'engine' stands there twice",
        ),
        ("a: [", "cannot be read as YAML"),
        ("[" * 5000, "cannot be read as YAML"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            check_keys([path])
    aliases = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 40)]
    path.write_text("\n".join(["l0: &l0 [lol]", *aliases]))
    check_keys([path])


def test_numbers_of_base_60(tmp_path):
    """YAML 1.1 reads 1:30 as 90: a radius of 1' 30", or of one degree and a half?"""
    path = tmp_path / "config.yaml"
    for radius in ("1:30", "0:00:02.5", "{ztf: 1:30}"):
        path.write_text(f"catalogs:\n  stars:\n    radius_arcsec: {radius}\n")
        with pytest.raises(ConfigError, match=r"line 3: YAML reads .* as base 60: write it out"):
            check_keys([path])
    for text in ("catalogs: {stars: {id: '1:30'}}", "engine: a:b", "runtime: 1:30", "[1:30]: 2"):
        path.write_text(text)
        check_keys([path])


def test_a_date_for_a_version_is_to_be_quoted():
    values = yaml.safe_load("models: {m: {path: m.h5, version: 2026-01-01}}")
    with pytest.raises(ConfigError, match="valid string .*: quote it, as '2026-01-01'"):
        load_config(values)
