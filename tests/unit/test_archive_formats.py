"""Answers in every format: what a format has no type for is text, and told; nothing is lost."""

import json
import warnings

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options
from pipeline.archive.query.output import write
from pipeline.cli.main import main
from pipeline.io.tables import field

ENDS = ("json", "csv", "parquet", "votable")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    write_alerts(folder, [10.0, 11.0], [0.0, 0.0], magpsf=[15, 16])
    return folder


def read(path):
    """Return the columns of a file, as other programs read them."""
    if path.suffix == ".json":
        rows = json.loads(path.read_text())
        return {name: [row[name] for row in rows] for name in rows[0]}
    if path.suffix == ".csv":
        return pyarrow.csv.read_csv(path).to_pydict()
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pydict()
    from astropy.table import Table

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = Table.read(path)
    return {name: table[name].tolist() for name in table.colnames}


SQL = {
    "interval": ("interval 1 month + interval 3 day", "P1M3DT0S"),
    "union": ("union_value(k := 1)", None),
    "bytes": (r"'\x01\xFF'::blob", None),
    "bits": ("'101'::bit", None),
    "map": ("map {'a': 1}", None),
    "record": ("{'x': 1, 'i': interval 3 day}", None),
    "list": ("[interval 3 day]", None),
    "enum": ("'x'::enum('x', 'y')", "x"),
    "null": ("null", None),
    "hugeint": ("sum(candid)", 2001),
    "beyond int64": ("2::hugeint ** 70", None),
    "utinyint": ("1::utinyint", 1),
    "tinyint": ("-1::tinyint", -1),
    "usmallint": ("65535::usmallint", 65535),
    "uinteger": ("4294967295::uinteger", 4294967295),
    "ubigint": ("1::ubigint", 1),
    "decimal": ("1.5", 1.5),
    "time": ("time '12:00'", None),
    "date": ("date '2020-01-01'", None),
    "timestamp": ("timestamptz '2020-01-01 00:00:00+00'", None),
    "uuid": ("uuid()", None),
}


@pytest.mark.parametrize("end", [*ENDS, "text"])
@pytest.mark.parametrize("name", SQL)
def test_every_type_of_sql_can_be_written(directory, tmp_path, name, end):
    expression, expected = SQL[name]
    sql = f"select {expression} as a from alerts"
    path = tmp_path / f"a.{end}"
    write(FilesHome(directory).sql(sql, Options(limit=1)), path, end)
    if expected is not None and end != "text":
        assert read(path)["a"] == [expected]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([{"a": {}}, {"a": {}}], ["{}", "{}"]),
        ([{"a": [{}]}], ["[{}]"]),
        ([{"a": {"b": {}}}], ['{"b": {}}']),
        ([{"a": 1}, {"a": "x"}, {}], ["1", "x", None]),
        ([{"a": [1, "x"]}], ['[1, "x"]']),
        ([{"a": 2**70}], [str(2**70)]),
    ],
)
def test_documents_can_be_written(documents, expected, tmp_path):
    for end in (*ENDS, "text"):
        write(documents, tmp_path / f"a.{end}", end)
    assert pq.read_table(tmp_path / "a.parquet")["a"].to_pylist() == expected
    whole = [document.get("a") for document in documents]
    assert [d.get("a") for d in json.loads((tmp_path / "a.json").read_text())] == whole


def test_ubigints_that_no_long_holds_are_text(tmp_path):
    write(pa.table({"a": pa.array([2**64 - 1, 1], pa.uint64())}), tmp_path / "a.votable", "votable")
    assert read(tmp_path / "a.votable")["a"] == [str(2**64 - 1), "1"]


@pytest.mark.parametrize("end", ENDS)
def test_units_and_columns_of_one_name(directory, tmp_path, end):
    sql = "select candid, candid + 1 as candid, candid + 2 as CANDID from alerts order by 1"
    for options in (Options(), Options(limit=5)):
        write(FilesHome(directory).sql(sql, options), tmp_path / f"a.{end}", end)
        assert read(tmp_path / f"a.{end}") == {
            "candid": [1000, 1001], "candid_1": [1001, 1002], "CANDID_2": [1002, 1003]
        }  # fmt: skip


def test_order_stays(directory):
    sql = "select range as a from range(300000) order by hash(range)"
    found = FilesHome(directory).sql(sql)["a"].to_pylist()
    plain = FilesHome(directory).sql("select hash(range) as h, range as a from range(300000)")
    assert found == [row["a"] for row in sorted(plain.to_pylist(), key=lambda row: row["h"])]


def test_units_are_those_of_votable(tmp_path):
    schema = pa.schema([field("sky", pa.float64(), "DN"), field("ra", pa.float64(), "deg")])
    write(pa.table([[1.0], [2.0]], schema=schema), tmp_path / "a.vot", "votable")
    assert read(tmp_path / "a.vot") == {"sky": [1.0], "ra": [2.0]}
    assert 'unit="adu"' in (tmp_path / "a.vot").read_text()


def test_numbers_that_json_has_not_are_told(directory, capsys):
    sql = "select 'nan'::double as a, ['inf'::double] as b, 1.5::double as c"
    of = ["--directory", str(directory), "--format"]
    assert main(["query", "sql", sql, *of, "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == [{"a": None, "b": [None], "c": 1.5}]
    assert said.err == (
        "nightmill: JSON: 2 values that are NaN or infinite: null there; parquet keeps them\n"
    )
    assert main(["query", "sql", "select 1 as a", *of, "json"]) == 0
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("sql", "select 1"), ("find", "alerts"), ("aggregate", "alerts", "[]"), ("cone", "10 0")],
)
def test_a_misspelt_folder_is_told_first(directory, tmp_path, words, capsys):
    given = ["--directory", str(directory), "--output"]
    assert main(["query", *words, *given, str(tmp_path / "no/a.csv")]) == 1
    assert f"there is no folder {tmp_path / 'no'}" in capsys.readouterr().err
    assert main(["query", *words, *given, str(tmp_path), "--format", "csv"]) == 1
    assert f"{tmp_path}: is a folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert main(["query", "export-hats", "ztf", str(tmp_path / "no/a"), *given[:2]]) == 1
    assert not list(tmp_path.iterdir())


def test_configuration_files_are_laid_over(directory, tmp_path, capsys, monkeypatch):
    """The names of what is asked come from files of the option; their paths are of here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.yaml").write_text("maps: maps.tsv\n")
    lines = "event\tstream\tra\tdec\tradius\ttime\nE1\tneutrino\t10\t0\t0.1\t2018-02-01T00:00:00\n"
    (directory / "maps.tsv").write_text(lines)
    asked = ["query", "skymap", "E1", "--format", "json", "--directory", str(directory)]
    assert main(asked) == 1
    assert "name a file by --configfile" in capsys.readouterr().err
    assert main([*asked, "--configfile", "more.yaml"]) == 0
    assert [row["candid"] for row in json.loads(capsys.readouterr().out)] == [1000]
    of = ["--directory", str(directory), "--mongodb", "--configfile", "more.yaml"]
    for words in (["count", "alerts"], ["find", "alerts"], ["aggregate", "alerts", "[]"], ["info"]):
        assert main(["query", *words, *of]) == 1
        assert "its configuration has no archive.uri" in capsys.readouterr().err
    assert main(["serve", *of]) == 1
