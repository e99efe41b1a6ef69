"""Catalogue files that attack: bombs, impossible sizes, data from elsewhere."""

import base64
import csv
import gzip
import math
import random
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.positions import numbers
from pipeline.crossmatch.readers import read_catalog

NUMBERS = [
    *("1e3000000000", "0.1e4294967297", "1e-3000000000", "1e400", "-1e400", "4.9e-324"),
    *("0.1", ".5", "5.", "+5", "-5", "-0", "1E5", "9007199254740993", "1.7976931348623157e308"),
    *("2.2250738585072011e-308", "123456789012345678901234567890"),
]
NO_NUMBERS = ["", ".", "-", "+-5", "1_000", "0x10", "10,5", "1d5", "\u0661", "1e", "e5", "5 5", "a"]


def read(path, columns=("ra", "dec"), text=()):
    rows = read_catalog(path, list(columns), text)
    table = pa.Table.from_batches(list(rows.batches))
    return table.to_pydict(), rows.skipped


def refused(path, message):
    """See that a file is refused quickly, in one line that names it."""
    started = time.monotonic()
    with pytest.raises(ValueError, match=message) as error:
        build_store(path, path.with_name("store"), Catalog(path=str(path)))
    assert time.monotonic() - started < 5.0
    assert path.name in str(error.value) and "\n" not in str(error.value)
    assert not path.with_name("store").exists()


def test_numbers_are_those_of_python():
    rng = random.Random(1)
    digits = [10 ** rng.randrange(1, 40) for _ in range(20_000)]
    words = [
        f"{rng.randrange(n)}.{rng.randrange(10**18)}e{rng.randrange(-340, 320)}" for n in digits
    ]
    words += NUMBERS
    expected = [float(word) if math.isfinite(float(word)) else math.nan for word in words]
    np.testing.assert_array_equal(numbers(pa.array(words)), expected)
    np.testing.assert_array_equal(numbers(pa.array([f" {word}\t" for word in words])), expected)
    assert np.isnan(numbers(pa.array(NO_NUMBERS))).all()


@pytest.mark.parametrize("word", [*NUMBERS, *NO_NUMBERS[1:]])
def test_a_number_in_a_csv_is_that_of_python_or_costs_its_row(tmp_path, word):
    path = tmp_path / "c.csv"
    quoted = f'"{word}"' if "," in word else word
    path.write_text(f"ra,dec,name\n1,2,a\n{quoted},0.5,b\n")
    catalog = Catalog(path=str(path), columns=["name"])
    meta = build_store(path, tmp_path / "store", catalog)
    right = word in NUMBERS and abs(float(word)) <= 360
    assert (meta["rows"], meta["skipped"]["position"]) == ((2, 0) if right else (1, 1))


def test_a_column_of_whole_numbers_and_its_type(tmp_path):
    path = tmp_path / "c.csv"
    long = "123456789012345678901234567890"
    path.write_text(f"ra,dec,a,b,c,d,e\n1,2,7,{long},1.5,2018-02-01,x\n,,,,,,\n")
    values, _ = read(path, "abcde")
    day = values["d"][0]
    assert (values["a"], values["b"], values["c"]) == ([7, None], [long, None], [1.5, None])
    assert (day.isoformat(), values["e"]) == ("2018-02-01", ["x", None])


def test_whole_seconds_are_angles_and_no_times(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("ra,dec\n00:10:00,01:30:00\n23:59:59,-01:30:30\n")
    values, _ = read(path)
    assert values == {"ra": ["00:10:00", "23:59:59"], "dec": ["01:30:00", "-01:30:30"]}
    path.write_text("ra,dec\n00:10:00,01:30:00\n23:59:59,02:30:30\n")
    meta = build_store(path, tmp_path / "store", Catalog(path=str(path)))
    assert (meta["rows"], meta["skipped"]) == (2, {"position": 0})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_unclosed_quote_costs_its_line(tmp_path, end):
    lines = [f'{i},{i % 90},"name, {i}"' for i in range(360)]
    lines[100] = '100,10,"never closed'
    lines[200] = '"200,20,never closed'
    lines[300] = '300,30,"said ""so", '  # one field too many
    path = tmp_path / "c.csv"
    path.write_text(end.join(["ra,dec,name", *lines]), newline="")
    values, skipped = read(path, ["ra", "name"])
    expected = [i for i in range(360) if i not in (100, 200, 300)]
    assert values == {"ra": expected, "name": [f"name, {i}" for i in expected]}
    assert skipped == {"malformed": 3}


def test_marks_of_inches_are_no_quotes(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text('ra,dec,name\n1,2,5" star\n3,4,"6"" star"\n5,6,"7" star\n')
    values, skipped = read(path, ["ra", "name"])
    with path.open(newline="") as stream:
        assert values["name"] == [row["name"] for row in csv.DictReader(stream)]
    assert (values["ra"], skipped) == ([1, 3, 5], {})


def test_quotes_that_do_not_close_in_the_header(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text('ra,dec,"name\n1,2,3\n')
    refused(path, "its header has a quote that does not close")


def test_a_line_that_never_ends(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"ra,dec\n1,2\n" + b"x" * 5_000_000)
    refused(path, "line 3 is longer than 1048576 bytes")


def test_a_mark_at_the_start_other_line_ends_and_other_codes(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(
        b"\xef\xbb\xbfra,dec,name,id\r\n1.5,2,caf\xc3\xa9,\xe9\r\n3,4,caf\xe9,a\x00b\r\n"
    )
    values, _ = read(path, ["ra", "dec", "name", "id"], text=["id"])
    assert values["ra"] == [1.5, 3.0]
    assert values["name"] == ["café", "café"]
    assert values["id"] == ["é", "a\x00b"]


def test_no_row_of_which_can_be_used(tmp_path):
    """Decimal commas between commas: not a catalogue of nothing."""
    path = tmp_path / "c.csv"
    path.write_text("ra,dec\n10,5,20,3\n11,5,21,3\n")
    refused(path, "none of its rows can be used: 2 malformed")
    path.write_text("ra,dec\n10;5,20\n1,2,3\n")
    refused(path, "none of its 1 rows has a valid position")


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("NAXIS", "999999", "NAXIS is 999999, at most 999 are possible"),
        ("NAXIS", "-1", "NAXIS is -1, and no number of anything"),
        ("TFIELDS", "1000000000", "TFIELDS is 1000000000, at most 999 are possible"),
        ("NAXIS1", "0", "NAXIS1 is 0, but it has rows of 2 columns"),
        ("NAXIS2", "1000000000000000", "cannot be read as FITS"),
        ("PCOUNT", "'many'", "cannot be read as FITS"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_sizes_in_a_fits_header_that_cannot_be(tmp_path, keyword, value, message, packed):
    columns = [fits.Column(name, "D", array=np.ones(3)) for name in ("ra", "dec")]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "whole.fits")
    content = (tmp_path / "whole.fits").read_bytes()
    for first in (content.index(b"SIMPLE"), content.index(b"XTENSION")):
        at = content.find(f"{keyword:8}=".encode(), first)
        broken = content[: at + 10] + value.rjust(20).encode() + content[at + 30 :]
        path = tmp_path / ("c.fits.gz" if packed else "c.fits")
        path.write_bytes(gzip.compress(broken) if packed else broken)
        refused(path, message if at > 2880 or keyword == "NAXIS" else "cannot be read")


def test_what_lies_behind_the_first_table_is_not_looked_at(tmp_path):
    columns = [fits.Column(name, "D", array=np.ones(3)) for name in ("ra", "dec")]
    hdus = [fits.BinTableHDU.from_columns(columns) for _ in range(2)]
    fits.HDUList([fits.PrimaryHDU(np.zeros((50, 50))), *hdus]).writeto(tmp_path / "whole.fits")
    content = (tmp_path / "whole.fits").read_bytes()
    at = content.rindex(b"TFIELDS =")
    path = tmp_path / "c.fits"
    path.write_bytes(content[: at + 10] + b"1000000000".rjust(20) + content[at + 30 :])
    assert read(path)[0] == {"ra": [1.0] * 3, "dec": [1.0] * 3}


def test_arrays_of_any_length_are_no_columns(tmp_path):
    arrays = np.array([np.ones(2), np.ones(3)], dtype=object)
    columns = [fits.Column(name, "D", array=np.ones(2)) for name in ("ra", "dec")]
    columns.append(fits.Column("flux", "PD()", array=arrays))
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "c.fits")
    with pytest.raises(ValueError, match=r"c\.fits: .*'flux' holds arrays"):
        read(tmp_path / "c.fits", ["ra", "flux"])


@pytest.mark.parametrize("suffix", ["csv.gz", "fits.gz", "vot.gz", "vot", "fits"])
def test_a_gzip_bomb(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr("pipeline.crossmatch.unpack.SMALL_BYTES", 1 << 20)
    columns = [fits.Column(name, "D", array=np.ones(3)) for name in ("ra", "dec")]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(np.zeros((1000, 4_000))), table]).writeto(tmp_path / "x")
    content = {
        "c": b"ra,dec\n" + b"1,2\n" * 8_000_000,
        "v": b"<VOTABLE><RESOURCE><TABLE>" + b" " * 32_000_000,
        "f": (tmp_path / "x").read_bytes(),
    }[suffix[0]]
    path = tmp_path / f"c.{suffix}"
    path.write_bytes(gzip.compress(content, 6))
    refused(path, r"it unpacks to more than \d+ bytes, 100 times its size")


VOTABLE = """<?xml version="1.0"?>{doctype}
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
<TABLE{table}><FIELD name="ra" datatype="double"{field}/><FIELD name="dec" datatype="double"/>
<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"""
ROWS = "<TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA>"


def votable(path, doctype="", table="", field="", data=ROWS):
    path.write_text(VOTABLE.format(doctype=doctype, table=table, field=field, data=data))
    return path


def test_votables_that_are_fine(tmp_path):
    path = votable(tmp_path / "c.vot")
    assert read(path)[0] == {"ra": [1.0], "dec": [2.0]}
    # as VOTables of 2002 begin; nobody opens that address
    votable(path, doctype='<!DOCTYPE VOTABLE SYSTEM "http://us-vo.org/xml/VOTable.dtd">')
    assert read(path)[0] == {"ra": [1.0], "dec": [2.0]}
    packed = base64.b64encode(np.array([1.0, 2.0], ">f8").tobytes()).decode()
    votable(path, data=f'<BINARY><STREAM encoding="base64">{packed}</STREAM></BINARY>')
    assert read(path)[0] == {"ra": [1.0], "dec": [2.0]}
    path.with_name("p.vot").write_bytes(gzip.compress(path.read_bytes()))
    assert read(path.with_name("p.vot"))[0] == {"ra": [1.0], "dec": [2.0]}


@pytest.mark.parametrize("kind", ["BINARY", "BINARY2", "FITS", "vot:BINARY"])
@pytest.mark.parametrize("packed", [False, True])
def test_data_from_elsewhere(tmp_path, kind, packed, monkeypatch):
    def never(*_):
        raise AssertionError("an address was opened")

    monkeypatch.setattr("urllib.request.urlopen", never)
    secret = tmp_path / "secret"
    secret.write_bytes(np.array([1.0, 2.0], ">f8").tobytes())
    for href in (secret.as_uri(), "http://127.0.0.1:1/x", "secret"):
        data = f"<{kind}><STREAM href='{href}' encoding='gzip'/></{kind}>"
        path = votable(tmp_path / "c.vot", data=data, table=' xmlns:vot="x"')
        if packed:
            path = path.with_name("c.vot.gz")
            path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
        expected = "its data are FITS" if kind == "FITS" else f"STREAM has href='{href}'"
        refused(path, expected)


BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "lol" * 10}">' for i in range(10))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"doctype": f"<!DOCTYPE x [{BOMB}]>", "data": "&e9;"}, "it defines an entity, 'e0'"),
        ({"doctype": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'}, "an entity, 'e'"),
        ({"doctype": '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://x/">%e;]>'}, "an entity, 'e'"),
        ({"table": ' nrows="100000000000"'}, "nrows is 100000000000, more than its"),
        ({"table": ' nrows="-1"'}, "nrows is '-1', and no number of anything"),
        ({"field": ' arraysize="1000000000"'}, "its rows have more than 100000 values"),
        ({"field": ' arraysize="1000x1000000"'}, "its rows have more than 100000 values"),
        ({"field": ' width="9999999999"'}, "width is 9999999999, at most 100000"),
        ({"field": ' arraysize="many"'}, "arraysize is 'many'"),
    ],
)
def test_votables_that_attack(tmp_path, changes, message):
    refused(votable(tmp_path / "c.vot", **changes), message)


def test_rows_of_no_length_without_end(tmp_path):
    text = VOTABLE.format(
        doctype="",
        table="",
        field="",
        data="<BINARY><STREAM encoding='base64'>AA</STREAM></BINARY>",
    )
    path = tmp_path / "c.vot"
    path.write_text(text.replace('datatype="double"', 'datatype="char" arraysize="0"'))
    refused(path, "its BINARY has rows of no length")


def test_text_in_parquet_that_is_none(tmp_path):
    """As writers without a check make it."""
    data = pa.array([b"caf\xe9", b"caf\xc3\xa9", b"star"])
    text = pa.Array.from_buffers(pa.string(), 3, data.buffers())
    table = pa.table({"ra": [1.0, 2.0, 3.0], "dec": [1.0, 2.0, 3.0], "name": text})
    pq.write_table(table, tmp_path / "c.parquet")
    values, _ = read(tmp_path / "c.parquet", ["ra", "name"])
    assert values["name"] == ["café", "café", "star"]
    assert math.fsum(values["ra"]) == 6.0


def test_position_as_any_kind_of_number_in_parquet(tmp_path):
    kinds = [
        pa.float16(),
        pa.float32(),
        pa.int8(),
        pa.decimal128(9, 2),
        pa.string(),
        pa.string_view(),
    ]
    for kind in kinds:
        values = ["1", "2"] if "string" in str(kind) else [1, 2]
        column = pa.array(values, pa.string() if "string" in str(kind) else pa.int8()).cast(kind)
        assert numbers(column).tolist() == [1.0, 2.0]
