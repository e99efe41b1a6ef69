"""The FITS export: what astropy reads is what the tables have, integers whole, nulls masked."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from alert_tables import read_alerts, write_alerts
from astropy.io import fits
from astropy.table import Table
from astropy.units import UnitsWarning
from astropy.utils.exceptions import AstropyUserWarning

from pipeline.archive.fits import export_fits
from pipeline.cli.main import main
from pipeline.io.tables import field, write_table

BIG = 2**62 + 1


@pytest.fixture
def directory(tmp_path):
    more = {"isdiffpos": [True, False, None], "magpsf": [18.5, None, 19.25], "fid": [1, None, 2]}
    write_alerts(tmp_path, [1, 2, 3], [0, 1, 2], shards=2, start=BIG, **more)
    write_alerts(tmp_path, [4], [5], "20180202", start=BIG + 9, sky=[3.0])
    return tmp_path


def export(directory, *words, out="t.fits"):
    words = [words[0], str(directory / out), *words[1:], "--directory", str(directory)]
    assert main(["query", "export-fits", *words]) == 0
    return directory / out


def compare(found, expected):
    """Hold a table of astropy's to one of Arrow's; text that is null is empty."""
    assert found.colnames == expected.column_names
    for one in expected.schema:
        values, kind = expected[one.name].to_pylist(), one.type
        column = found[one.name]
        if pa.types.is_string(kind):
            assert [v or "" for v in values] == [v or "" for v in column.tolist()]
            continue
        if pa.types.is_boolean(kind):  # astropy's tables have no null there: it warns
            values = [bool(v) for v in values]
        mask = np.ma.getmaskarray(np.ma.asarray(column))
        assert mask.tolist() == [v is None for v in values], one.name
        assert [v for v in column.tolist() if v is not None] == [v for v in values if v is not None]
        whole = pa.types.is_integer(kind)
        assert not whole or column.dtype.newbyteorder("=") == kind.to_pandas_dtype()


def test_alerts_of_all_nights(directory, capsys):
    out = export(directory, "alerts")
    assert capsys.readouterr().out == f"{out}: 4 rows of alerts\n"
    with pytest.warns(AstropyUserWarning, match="'isdiffpos' contains NULL"):
        found, expected = Table.read(out), read_alerts(directory)
    compare(found, expected)
    assert found["candid"].tolist() == [BIG, BIG + 1, BIG + 2, BIG + 9]
    assert (found["ra"].unit, found["magpsf"].unit) == ("deg", "mag")
    with fits.open(out) as file:
        file.verify("exception")
        assert file[1].name == "ALERTS"
        columns = {column.name: column for column in file[1].columns}
        assert (columns["candid"].format, columns["candid"].null) == ("K", None)
        assert (columns["fid"].format, columns["fid"].null) == ("J", -(2**31))
        assert columns["zpclrcov"].unit == "mag2"
        assert columns["sky"].unit == "adu"
        number = 1 + file[1].columns.names.index("jd")
        assert file[1].header[f"TCOMM{number}"] == "Julian date, UTC"
    with fits.open(out, logical_as_bytes=True) as file:
        assert file[1].data["isdiffpos"].tolist() == [b"T", b"F", b"", b""]


def test_a_night_and_some_columns(directory):
    out = export(directory, "alerts", "--night", "20180202", "--columns", "candid,ra")
    table = Table.read(out)
    assert table.colnames == ["candid", "ra"]
    assert table["candid"].tolist() == [BIG + 9]
    out = export(directory, "alerts", "--survey", "ztf", "--columns", "jd", "--overwrite")
    assert len(Table.read(out)) == 4


def test_types_that_fits_lacks_and_text(tmp_path):
    schema = pa.schema(
        [
            field("small", pa.int8()),
            field("half", pa.float16(), "mag"),
            field("unsigned", pa.uint32(), "furlong"),
            field("name", pa.string(), description="of a star: ü"),
        ]
    )
    names = ["Å b", "a\x00b", None]
    table = pa.table([[-128, None, 127], [0.5, None, 2.0], [2**32 - 1, None, 0], names], schema)
    write_table(table.cast(schema), tmp_path / "t.parquet")
    assert export_fits([tmp_path / "t.parquet"], "t", tmp_path / "t.fits") == 3
    with pytest.warns(UnitsWarning, match="furlong"):
        found = Table.read(tmp_path / "t.fits")
    assert found["small"].tolist() == [-128, None, 127]
    assert found["half"].tolist() == [0.5, None, 2.0]
    assert found["unsigned"].tolist() == [2**32 - 1, None, 0]
    assert found["name"].filled("").tolist() == [r"\xc5 b", r"a\x00b", ""]
    with fits.open(tmp_path / "t.fits") as file:
        assert file[1].header["TCOMM4"] == r"of a star: \xfc"


def test_tables_without_rows_and_with_other_columns(tmp_path):
    first = pa.table({"a": pa.array([], pa.int64()), "t": pa.array([], pa.string())})
    write_table(first, tmp_path / "1.parquet")
    write_table(pa.table({"b": [1.5, 2.5]}), tmp_path / "2.parquet")
    files = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    assert export_fits(files[:1], "t", tmp_path / "t.fits") == 0
    assert Table.read(tmp_path / "t.fits").colnames == ["a", "t"]
    assert export_fits(files, "t", tmp_path / "t.fits") == 2
    found = Table.read(tmp_path / "t.fits")
    assert (found["a"].tolist(), found["t"].tolist()) == ([None, None], ["", ""])
    assert found["b"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["alrts", "new.fits"], "no table 'alrts'; there are alerts"),
        (["alerts", "new.fits", "--survey", "lsst"], "no alerts of lsst"),
        (["alerts", "new.fits", "--night", "20180203"], "no alerts of 20180203"),
        (["alerts", "none/new.fits"], "there is no folder none"),
        (["alerts", "old.fits"], "old.fits: is there already: --overwrite"),
        (["alerts", "results", "--overwrite"], "results: is there already, and is no file"),
        (["alerts", "/dev/null", "--overwrite"], "/dev/null: is there already, and is no file"),
        (["alerts", "to-nothing.fits"], "to-nothing.fits: is there already: --overwrite"),
        (["alerts", "new.fits", "--columns", "magpfs"], "has a column 'magpfs'"),
    ],
)
def test_what_is_refused(directory, monkeypatch, capsys, words, said):
    monkeypatch.chdir(directory)
    (directory / "old.fits").write_text("old")
    (directory / "to-nothing.fits").unlink(missing_ok=True)
    (directory / "to-nothing.fits").symlink_to("nothing")
    assert main(["query", "export-fits", *words]) == 1
    assert said in capsys.readouterr().err
    assert not (directory / "new.fits").exists()
    assert (directory / "old.fits").read_text() == "old"


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([[1.0]]), r"x: a FITS table has no column for list<.*leave it out by --columns"),
        (pa.array([{"a": 1}]), "x: a FITS table has no column for struct"),
        (pa.array([-(2**63), None]), "x: has nulls and -9223372036854775808"),
    ],
)
def test_columns_that_fits_cannot_have(tmp_path, column, said):
    write_table(pa.table({"x": column, "y": [1] * len(column)}), tmp_path / "t.parquet")
    (tmp_path / "t.fits").write_text("old")
    with pytest.raises(ValueError, match=said):
        export_fits([tmp_path / "t.parquet"], "t", tmp_path / "t.fits")
    assert (tmp_path / "t.fits").read_text() == "old"
    assert export_fits([tmp_path / "t.parquet"], "t", tmp_path / "t.fits", ["y"]) == len(column)


def test_more_than_a_fits_header_can_say(tmp_path):
    out = tmp_path / "t.fits"
    tables = {"many": {f"c{n}": [1.0] for n in range(1000)}, "long": {"it's" + "x" * 64: [1.0]}}
    for name, columns in tables.items():
        write_table(pa.table(columns), tmp_path / name)
    with pytest.raises(ValueError, match="1000 columns: a FITS table has 999: use --columns"):
        export_fits([tmp_path / "many"], "t", out)
    with pytest.raises(ValueError, match="at most 68 letters: leave it out"):
        export_fits([tmp_path / "long"], "t", out)
    assert not out.exists()
    write_table(pa.table({"it's" + "x" * 63: [1.0]}), tmp_path / "long")
    assert export_fits([tmp_path / "long"], "t", out) == 1
    assert len(Table.read(out).colnames[0]) == 67


def test_a_column_of_two_types(tmp_path):
    for name, values in {"a": [1], "b": ["x"]}.items():
        write_table(pa.table({"z": values}), tmp_path / name)
    with pytest.raises(ValueError, match="a column is of several types"):
        export_fits([tmp_path / "a", tmp_path / "b"], "t", tmp_path / "t.fits")


WRITE = """
import resource, sys
from pathlib import Path
from pipeline.archive.fits import export_fits
files = sorted(Path(sys.argv[1]).glob("*.parquet"))
export_fits(files[:1], "t", Path(sys.argv[1], "1.fits"))
one = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export_fits(files, "t", Path(sys.argv[1], "n.fits"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - one)
"""


def test_memory_does_not_grow_with_the_rows(tmp_path):
    rng = np.random.default_rng(1)
    table = pa.table({f"c{i}": rng.normal(size=40_000) for i in range(30)})
    for number in range(20):
        write_table(table, tmp_path / f"{number:02}.parquet")
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert (tmp_path / "n.fits").stat().st_size > 180e6
    assert int(done.stdout) < 60_000  # kB
