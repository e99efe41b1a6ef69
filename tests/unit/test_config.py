"""A wrong configuration is refused with the path of the key, its value, what is allowed."""

from pathlib import Path

import pytest
import yaml
from plans import load_events, load_nights

from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.crossmatch.domain import Catalog
from pipeline.maps.domain import MAPS
from pipeline.plan.check import check_request
from pipeline.plan.domains import Config
from pipeline.plan.export import default_yaml, json_schema
from pipeline.plan.load import load_config, load_lines

ROOT = Path(__file__).parents[2]
MODEL = {"version": "1", "path": "m.h5"}


def test_nothing_is_a_configuration():
    assert load_config({}) == Config()
    assert load_config({"catalogs": None, "models": None}) == Config()


def test_the_examples_of_the_design():
    config = load_config(
        yaml.safe_load("""
alerts: config/alerts.tsv
catalogs:
  vsx: {path: vsx.parquet, ra: RAJ2000, dec: DEJ2000, columns: [VType], radius_arcsec: 2, surveys: [ztf]}
  clu: {path: clu.csv, ra: ra, dec: dec, columns: [name], radius_arcsec: 300, distance: {column: z, unit: redshift, kpc: 30, low_arcsec: 300}}
models:
  braai:  {version: d6_m9, path: models/braai_d6_m9.h5, inputs: [triplet], surveys: [ztf]}
  acai_h: {version: d1_dnn_20201130, path: models/acai_h.h5, inputs: [features, triplet], features: default, surveys: [ztf]}
""")  # noqa: E501
    )
    assert config.catalogs["clu"].distance.kpc == 30
    assert config.models["acai_h"].inputs == ["features", "triplet"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"alert": "x"}, "configuration: alert: unknown key; allowed are alerts, "),
        (
            {"catalogs": {"a": {"path": "x", "radius": 2}}},
            "catalogs.a.radius: unknown key; allowed",
        ),
        ({"catalogs": {"a": {"path": "x", "radius_arcsec": 0}}}, "catalogs.a: .*found"),
        ({"catalogs": {"a": {}}}, "catalogs.a: give either path"),
        ({"catalogs": {"a b": {"path": "x"}}}, "catalogs: 'a b': a name has letters"),
        ({"models": {"m": {"path": "x"}}}, "models.m.version: is missing"),
        ({"models": {"m": {**MODEL, "inputs": ["triplets"]}}}, "models.m.inputs.0: .*'triplets'"),
        ({"engine": "torch"}, "engine: .*'onnxruntime' or 'tensorflow'.*found 'torch'"),
        ({"catalogs": {"a": {"path": "x", "distance": {"colum": "z"}}}}, "distance.colum: unknown"),
    ],
)
def test_wrong_keys(values, message):
    with pytest.raises(ConfigError, match=message):
        load_config(values)


def test_names_of_catalogues_and_models():
    assert "2MASS_PSC" in load_config({"catalogs": {"2MASS_PSC": {"path": "x.csv"}}}).catalogs
    for name in ("größe", "a-b", "a\n", ""):
        with pytest.raises(ConfigError, match="models: .*: a name has letters"):
            load_config({"models": {name: MODEL}})


def test_the_cone_around_galaxies_holds_all_that_may_match():
    galaxies = {"path": "g.csv", "distance": {"column": "z", "unit": "redshift"}}
    assert Catalog(path="stars.csv").radius("ztf") == 2
    assert Catalog(**galaxies).radius("ztf") == 300
    wide = {"ztf": 300, "wntr": 2}
    with pytest.raises(ConfigError, match="radius_arcsec is 2 for wntr, less .* it to 300 or more"):
        load_config(
            {"catalogs": {"g": {**galaxies, "radius_arcsec": wide, "surveys": ["ztf", "wntr"]}}}
        )
    galaxies["distance"] = {**galaxies["distance"], "low_arcsec": wide}
    two = Catalog(**galaxies, radius_arcsec=wide, surveys=["ztf", "wntr"])
    assert (two.radius("wntr"), two.low_radius("wntr")) == (2, 2)


def write(tmp_path, text):
    path = tmp_path / "alerts.tsv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_nights(tmp_path):
    path = write(
        tmp_path,
        "survey\tnight\tpath\tshards\tsha256\n# last week\n\nztf\t20180201\tdump.tar.gz\t7\t\n"
        f"lsst\t1\thttps://host/x.parquet\t\t{'a' * 64}\n",
    )
    ztf, lsst = load_nights(path)
    assert ztf == Night(survey="ztf", night="20180201", path="dump.tar.gz", shards=7)
    assert lsst.shards == 1
    assert lsst.is_url
    assert load_nights(None) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("survey\tnight\tpath\nztf\t1\n", "line 2: path: is missing"),
        (
            "survey\tnight\tpath\nztf\t1\tx\textra\n",
            "line 2: expected the columns survey, night, path, by tabs",
        ),
        ("survey night path\n", "line 1: spaces stand between its columns, expected tabs"),
        ("survey,night,path\n", "line 1: commas stand between its columns, expected tabs"),
        (
            "survey\tnight\tpath\nztf 1 dump.tar.gz\n",
            r"line 2: spaces stand between .* tabs \(found 'ztf 1 dump.tar.gz'\)",
        ),
        ("survey\tnight\tpath\tshards\nztf\t1\tx\t0\n", "line 2: shards: .*found '0'"),
        ("survey\tnight\tpath\tshards\nztf\t1\tx\tmany\n", "line 2: shards: .*found 'many'"),
        ("survey\tnight\tpath\nztf\t../1\tx\n", "line 2: night: "),
        ("survey\tnight\tpath\nztf\t1\tx\nztf\t1\ty\n", "night 1 stands there twice"),
        (
            "survey\tnight\tpaths\nztf\t1\tx\n",
            r"line 1: the header lacks path; .* survey, night, path, and .*\\tpaths'\)",
        ),
        (
            "survey\tnight\tpath\tshard\nztf\t1\tx\t2\n",
            "shard: unknown key; allowed are survey, night, path",
        ),
        ("survey\tnight\tpath\tsha256\nztf\t1\tx\tabc\n", "sha256"),
    ],
)
def test_wrong_lines(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_nights(write(tmp_path, text))


def test_a_line_as_people_write_it_under_the_header_that_comes_along(tmp_path):
    """Fewer fields than columns, a quote that means nothing, an editor's mark at the start."""
    text = "\ufeff" + (ROOT / "config/alerts.tsv").read_text()
    lines = 'ztf\t1\tnight.tar.gz\t4\nztf\t2\t"a night/2\nztf\t3\tnight\n'
    nights = load_nights(write(tmp_path, text + lines))
    assert nights == [
        Night(survey="ztf", night="1", path="night.tar.gz", shards=4),
        Night(survey="ztf", night="2", path='"a night/2'),
        Night(survey="ztf", night="3", path="night"),
    ]


def test_no_such_table(tmp_path):
    with pytest.raises(ConfigError, match="missing.tsv: cannot be read"):
        load_nights(str(tmp_path / "missing.tsv"))


def test_unknown_surveys():
    night = Night(survey="ztff", night="1", path="x")
    with pytest.raises(ConfigError, match=r"a\.tsv: unknown survey 'ztff'; there are .*lsst.*ztf"):
        check_request(Request(Config(alerts="a.tsv"), {"alerts": (night,)}))
    config = load_config({"models": {"m": {**MODEL, "surveys": ["x"]}}})
    with pytest.raises(ConfigError, match="models.m.surveys: unknown survey 'x'"):
        check_request(Request(config))


def test_the_files_in_config_are_those_of_the_models():
    """Written by `make config`."""
    assert (ROOT / "config/config.yaml").read_text() == default_yaml()
    assert (ROOT / "config/config.schema.json").read_text() == json_schema()


def test_the_default_asks_for_nothing():
    tables = {name: f"config/{name}.tsv" for name in ("alerts", "events", "maps")}
    assert yaml.safe_load(default_yaml()) == tables
    assert load_nights(str(ROOT / "config/alerts.tsv")) == []
    assert load_events(str(ROOT / "config/events.tsv")) == []
    assert load_lines(str(ROOT / "config/maps.tsv"), MAPS.lines[0]) == ()


def test_events(tmp_path):
    path = tmp_path / "events.tsv"
    path.write_text("event\tpath\treco\tnsides\tchunks\na\tx.json\t\t8:0 64:12\t3\n")
    (row,) = load_events(str(path))
    assert (row.event, row.reco, row.nsides, row.chunks) == ("a", None, "8:0 64:12", 3)
    for line, words in (
        ("a\ty.json\t\t\t", "event a stands there twice"),
        ("b\ty.json\t\t8:0 12:12\t", "line 3: nsides: nsides '8:0 12:12': 12 is no power of 2"),
        ("b c\ty.json\t\t\t", "line 3: event"),
        ("b\t\t\t\t", "line 3: path: is missing"),
        ("b\ty.json\t\t\t0", "line 3: chunks"),
    ):
        path.write_text(f"event\tpath\treco\tnsides\tchunks\na\tx.json\t\t\t\n{line}\n")
        with pytest.raises(ConfigError, match=words):
            load_events(str(path))
    assert load_events(None) == []


def test_the_default_is_valid_when_uncommented():
    lines = [line for line in default_yaml().splitlines() if not line.startswith("##")]
    config = load_config(yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines)))
    assert config.catalogs["vsx"].distance.kpc == 30
    assert config.models["braai"].inputs == ["triplet"]
    assert set(config.model_dump()) == set(Config.model_fields)


@pytest.mark.parametrize(
    ("load", "text", "lacking", "columns"),
    [
        (load_nights, "ztf\tn1\tdata\t2\n", "survey, night, path", "survey, night, path, and if"),
        (load_nights, "# a night\nsurvey\tpath\n", "night", "survey, night, path, and if"),
        (load_events, "A\tevent.json\n", "event, path", "event, path, and if"),
        (load_events, "A\ta.json\nB\tb.json\n", "event, path", "event, path, and if"),
    ],
)
def test_a_table_without_its_header(tmp_path, load, text, lacking, columns):
    """Its first line, which stands in the header's place, would go unread without a word."""
    path = tmp_path / "table.tsv"
    path.write_text(text)
    line = 1 + text.startswith("#")
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: the header lacks {lacking}; expected the ")
    assert columns in message and "\n" not in message
