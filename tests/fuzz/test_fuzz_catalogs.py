"""Catalogue files: a store, or one line that names the file; CSV as Python reads it."""

import csv
import gzip
import io
import random
import re
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from limits import bounded
from mutate import Mutant

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.readers import read_catalog
from pipeline.crossmatch.store import open_store

CATALOG = Catalog(path="c", id="name", columns=["mag", "name"])
ROWS = 40
VARIANTS = 200
"""Files made with hostile words in the right places, which are then mutated as bytes."""
WORDS = [
    *("1e3000000000", "0.1e4294967297", "1e400", "-1e400", "nan", "inf", "", '"', '"open', "''"),
    *("12:34:56", "-00:30:00", "12:34", "2018-02-01", "true", "0x10", "1_000", "10;5", "+5", "\t"),
    *("a\x00b", "\u0661", "x" * 5000, '"a ""quoted"" word"', "=1+1", "-", ".", "9" * 400, "NULL"),
]
NUMBERS = [
    *("-1", "0", "1", "999", "999999", "1000000000", "9223372036854775807", "1E30", "'text'"),
    *("T", "'1J'", "'0D'", "'999999999D'", "'PD(5)'", "'BINTABLE'", "1.5", "99999999999999999999"),
]
XML = [
    *("nrows='100000000'", "arraysize='*'", "arraysize='100000'", "arraysize='0'", "ref='x'"),
    *(
        "datatype='char'",
        "datatype='long'",
        "datatype='bit'",
        "width='9999999999'",
        "precision='E9'",
    ),
    *("href='file:///etc/passwd'", "encoding='gzip'", "ID='ra'", "name='ra'", "unit='\u00e9'"),
]
PIECES = ["<TR/>", "<TD/>", "<TD encoding='base64'>AAAA</TD>", "<BINARY>", "</TABLE>", "<TABLE>"]
PIECES += ["<STREAM href='x'/>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&#0;", "<VALUES null='1'/>"]


def table() -> Table:
    rng = np.random.default_rng(1)
    columns = {
        "ra": rng.uniform(0, 360, ROWS),
        "dec": rng.uniform(-90, 90, ROWS),
        "mag": rng.integers(10, 20, ROWS).astype(np.int16),
        "name": [f"star {i}" for i in range(ROWS)],
    }
    return Table(columns, units={"ra": "deg"})


def csv_file(rng: random.Random) -> bytes:
    lines = [
        [f"{row['ra']:.9f}", f"{row['dec']:.9f}", str(row["mag"]), row["name"]] for row in table()
    ]
    for _ in range(rng.randrange(4)):
        rng.choice(lines)[rng.randrange(4)] = rng.choice(WORDS)
    end = rng.choice(["\n", "\n", "\r\n", "\r"])
    text = end.join(map(",".join, [["ra", "dec", "mag", "name"], *lines])) + end
    return text.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))


def fits_file(rng: random.Random) -> bytes:
    stream = io.BytesIO()
    table().write(stream, format="fits")
    data = stream.getvalue()
    cards = [
        m.start() for m in re.finditer(rb"(?:NAXIS|TFIELDS|PCOUNT|GCOUNT|T[A-Z]+)\d* *= ", data)
    ]
    for _ in range(rng.randrange(4)):
        value = rng.choice(NUMBERS).rjust(20).encode()
        at = rng.choice(cards) + 10
        data = data[:at] + value + data[at + len(value) :]
    return data


def votable_file(rng: random.Random) -> bytes:
    stream = io.BytesIO()
    form = rng.choice(["tabledata", "binary", "binary2"])
    table().write(stream, format="votable", tabledata_format=form)
    text = stream.getvalue().decode()
    for _ in range(rng.randrange(4)):
        places = [m.end() for m in re.finditer(r"<(?:TABLE|FIELD|STREAM|BINARY)\b|</T[RD]>", text)]
        at = rng.choice(places)
        inside = text[at - 1] != ">"
        piece = f" {rng.choice(XML)}" if inside else rng.choice(PIECES)
        text = text[:at] + piece + text[at:]
    return text.encode()


def parquet_file(rng: random.Random) -> bytes:
    values = [None, *range(ROWS - 1)]
    kinds = [
        *(pa.float64(), pa.float32(), pa.int64(), pa.uint8(), pa.decimal128(30, 3), pa.string()),
        *(pa.large_string(), pa.string_view(), pa.bool_(), pa.date32(), pa.timestamp("us", "UTC")),
        *(
            pa.list_(pa.int64()),
            pa.struct({"a": pa.int64()}),
            pa.null(),
            pa.binary(),
            pa.time32("s"),
        ),
        *(pa.dictionary(pa.int8(), pa.string()), pa.duration("s"), pa.list_(pa.int64(), 2)),
    ]
    columns = {name: pa.array(table()[name].tolist()) for name in ("ra", "dec", "mag", "name")}
    for name in rng.choices(list(columns), k=rng.randrange(4)):
        columns[name] = odd_column(rng.choice(kinds), values)
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression=rng.choice(["none", "snappy", "gzip"]))
    return sink.getvalue()


def odd_column(kind: pa.DataType, values: list) -> pa.Array:
    if pa.types.is_nested(kind):
        item = {"a": 1} if pa.types.is_struct(kind) else [1, 2]
        return pa.array([item] * len(values), kind)
    if pa.types.is_null(kind):
        return pa.nulls(len(values))
    if pa.types.is_dictionary(kind):
        return pa.array([None if v is None else str(v) for v in values]).dictionary_encode()
    if "string" in str(kind) or "binary" in str(kind):
        return pa.array([None if v is None else str(v) for v in values]).cast(kind)
    if pa.types.is_temporal(kind):
        return pa.array(values, pa.int32() if "32" in str(kind) else pa.int64()).cast(kind)
    return pa.array(values, pa.int8()).cast(kind)


FORMATS = {
    "csv": csv_file, "fits": fits_file, "vot": votable_file, "parquet": parquet_file,
    "csv.gz": lambda rng: gzip.compress(csv_file(rng), mtime=0),
    "fits.gz": lambda rng: gzip.compress(fits_file(rng), mtime=0),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", FORMATS)
def test_fuzz_catalogs(mutants, tmp_path, suffix):
    seeds = [FORMATS[suffix](random.Random(i)) for i in range(VARIANTS)]
    path, out = tmp_path / f"c.{suffix}", tmp_path / "store"
    accepted = 0
    variants = [
        Mutant(f"catalogs/{suffix}, variant {i}", data) for i, data in enumerate(seeds[:20])
    ]
    for mutant in [*variants, *mutants(f"catalogs/{suffix}", seeds, 1 / len(FORMATS))]:
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                meta = build_store(path, out, CATALOG)
            except ValueError as error:
                assert str(path) in str(error), mutant.name
                assert "\n" not in str(error) and len(str(error)) < 3000, mutant.name
                continue
        accepted += 1
        store = open_store(out)
        assert len(store.ipix) == meta["rows"], mutant.name
        assert np.isfinite(store.vec).all(), mutant.name
        if suffix == "csv":
            compare(path, mutant.name)
    assert accepted > 0


def compare(path, name: str) -> None:
    """See that the numbers are those of Python's csv and float, where a line is a row."""
    with warnings.catch_warnings():
        rows = read_catalog(path, ["ra", "dec"], ["ra", "dec"])
        ours = [
            row for batch in rows.batches for row in zip(*batch.to_pydict().values(), strict=True)
        ]
    header, *lines = re.split(
        "\r\n|\r|\n", path.read_bytes().decode("utf-8-sig", "surrogateescape")
    )
    names = [word.strip() for word in next(csv.reader([header]))]
    theirs = []
    for line in filter(None, lines):
        if '"' in line:
            return  # Arrow and csv differ about quotes within words
        fields = line.split(",")
        if len(fields) == len(names):
            theirs.append(tuple(number(fields[names.index(column)]) for column in ("ra", "dec")))
    assert [tuple(map(number, row)) for row in ours] == theirs, name


def number(word: str | None) -> float | None:
    """Return a number; None for what is none to a catalogue, though float() takes it."""
    try:
        value = float(word or "")
    except ValueError:
        return None
    plain = re.fullmatch(r"[\s\x1c-\x1f\x85\xa0]*[0-9.eE+-]+[\s\x1c-\x1f\x85\xa0]*", word, re.A)
    return value if plain else None
