"""The field's readers open every table of ours, with its units: astropy and TOPCAT's VOTable too.

The tables are those that the domains declare, so a new one is held to it from the beginning.
"""

import csv
import importlib
import io
import warnings

import astropy.units as u
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from astropy.io.votable.ucd import parse_ucd
from astropy.table import Table

from pipeline.alerts.index_table import INDEX_SCHEMA
from pipeline.alerts.surveys.registry import get_survey, names
from pipeline.io.stored_schema import schema_of
from pipeline.io.tables import field, survey_schema, write_table
from pipeline.io.votable import UCDS
from pipeline.notebook import Results
from pipeline.plan.domains import TABLES

CONTENT = b"IVOA.VOTable-Parquet.content"
LISTS = pa.schema(
    [
        field("epochs", pa.list_(pa.float64()), "d"),
        field("pair", pa.list_(pa.float32(), 2), "deg"),
        field("half", pa.float16(), "mag"),
        field("small", pa.int8()),
        field("bytes", pa.binary()),
        field("unsigned", pa.uint32()),
    ]
)


def declared():
    """Yield each table's schema by its name; of alerts that of each survey."""
    for table in TABLES:
        module, _, attribute = table.schema.partition(":")
        schema = getattr(importlib.import_module(module), attribute)
        if isinstance(schema, pa.Schema):
            whole = schema if "survey" in schema.names else survey_schema(schema)
            yield pytest.param(whole, id=table.name)
        elif table.fixed:  # the rest is of models and catalogues: tests/workflow/test_opened.py
            yield pytest.param(survey_schema(schema({})), id=table.name)
        else:
            for survey in names():
                yield pytest.param(schema(get_survey(survey)), id=f"{table.name}-{survey}")
    yield pytest.param(INDEX_SCHEMA, id="index")
    yield pytest.param(LISTS, id="lists")


SCHEMAS = list(declared())


def value(kind: pa.DataType):
    """Return something of a type."""
    if pa.types.is_dictionary(kind):
        return value(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return [1.5, 2.5]
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_integer(kind):
        return 2 ** (kind.bit_width - 2) + 1
    if pa.types.is_floating(kind):
        return 0.5
    return b"ab" if pa.types.is_binary(kind) else "a < b & ü"


def filled(schema: pa.Schema, values: int, nulls: int) -> pa.Table:
    """Return rows with a value in every column, then rows with null in each that may have it."""
    columns = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        # what never has a null: astropy makes floats of integers with nulls
        whole = name in ("survey", "candid") or pa.types.is_fixed_size_list(kind)
        rows = [value(kind)] * values + [value(kind) if whole else None] * nulls
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        columns.append(pa.array(rows, plain).cast(kind))
    return pa.table(columns, schema=schema)


def is_same(found, expected) -> bool:
    """Return whether astropy's value is the table's; its readers know no null."""
    if expected is None:
        return found is None or str(found) in ("None", "nan")
    if isinstance(expected, bytes):
        return found == expected.decode()
    if isinstance(expected, list):
        return np.allclose(np.asarray(found, float), expected)
    return found == expected


@pytest.fixture(params=[(0, 0), (2, 0), (2, 1), (0, 2)], ids=lambda p: f"{p[0]}+{p[1]}")
def rows(request):
    return request.param


@pytest.mark.parametrize("schema", SCHEMAS)
def test_astropy_opens_it_with_its_units(schema, rows, tmp_path):
    path, table = tmp_path / "t.parquet", filled(schema, *rows)
    write_table(table, path)
    for form in (None, "parquet.votable"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # VOUnits have no DN: the VOTable says adu, and astropy goes by the other, and warns
            warnings.filterwarnings("ignore", "In merged column .*adu != DN.*DN for merged")
            found = Table.read(path, format=form)
        assert found.colnames == schema.names
        assert len(found) == table.num_rows
        for one in schema:
            column = found[one.name]
            expected = table[one.name].to_pylist()
            if pa.types.is_integer(one.type) and None in expected:
                assert column.dtype == float
                expected = [v if v is None else float(v) for v in expected]
            assert all(map(is_same, column.tolist(), expected)), (one.name, column)
            unit = (one.metadata or {}).get(b"unit", b"").decode()
            assert column.unit == (u.Unit(unit) if unit else None)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_others_read_what_went_in(schema, rows, tmp_path):
    path, table = tmp_path / "t.parquet", filled(schema, *rows)
    write_table(table, path)
    expected = table.to_pylist()
    read = pq.read_table(path)
    assert read.to_pylist() == expected
    told = zip(schema, read.schema, strict=True)
    assert [one.metadata for one, _ in told] == [one.metadata for one in read.schema]
    assert not any(map(pa.types.is_dictionary, read.schema.types))
    assert pl.read_parquet(path).to_dicts() == expected
    found = duckdb.sql(f"select * from '{path}'").fetchall()
    assert [dict(zip(schema.names, row, strict=True)) for row in found] == [
        {k: list(v) if isinstance(v, list) else v for k, v in row.items()} for row in expected
    ]
    frame = read.to_pandas()
    assert list(frame.columns) == schema.names
    assert len(frame) == len(expected)
    if "candid" in schema.names:
        assert frame["candid"].dtype == np.int64
        assert frame["candid"].tolist() == table["candid"].to_pylist()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_its_votable_is_valid(schema, tmp_path):
    write_table(filled(schema, 1, 1), tmp_path / "t.parquet")
    told = pq.read_metadata(tmp_path / "t.parquet").metadata
    assert told[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = votable.parse(io.BytesIO(told[CONTENT]), verify="exception")
    (table,) = file.resources[0].tables
    assert b"<DATA" not in told[CONTENT]
    assert [one.name for one in table.fields] == schema.names
    for one, column in zip(table.fields, schema, strict=True):
        notes = column.metadata or {}
        unit = notes.get(b"unit", b"").decode()
        assert one.unit == (u.Unit(unit.replace("DN", "adu")) if unit else None)
        assert (one.description or "").encode() == notes.get(b"description", b"")


def test_ucds_are_words_of_the_ivoa():
    with UCDS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["column"] for row in rows}) == len(rows)
    for row in rows:
        parse_ucd(row["ucd"], check_controlled_vocabulary=True)
    there = {name for schema in SCHEMAS for name in schema.values[0].names}
    assert {row["column"] for row in rows} - there <= {"mjd"}, "of no table"


def test_what_a_file_says_of_its_texts_and_flags(tmp_path):
    schema = pa.schema([("name", pa.string()), ("good", pa.bool_())])
    said = {}
    for case, columns in {
        "none": [[], []],
        "whole": [["abc", "ü"], [True, False]],
        "nulls": [["abcd", None], [True, None]],
    }.items():
        write_table(pa.table(columns, schema=schema), tmp_path / "t.parquet")
        content = pq.read_metadata(tmp_path / "t.parquet").metadata[CONTENT].decode()
        said[case] = [part.split("/>")[0] for part in content.split("<FIELD ")[1:]]
    name = 'name="name" datatype="char" arraysize="{}*"'
    good = 'name="good" datatype="boolean"'
    assert said == {
        "none": [name.format(1), good],
        "whole": [name.format(3), good],
        "nulls": [name.format(4), f'{good} arraysize="*"'],
    }


def test_names_and_units_of_others_catalogues_are_told_as_they_are(tmp_path):
    odd = ['a"b', "<x>", "no", "naïve 🌟", "a\tb", "y"]
    schema = pa.schema([field(name, pa.float64(), "furlong", 'say "a" & b') for name in odd])
    write_table(pa.table([[1.0]] * len(odd), schema=schema), tmp_path / "t.parquet")
    found = Table.read(tmp_path / "t.parquet")
    assert found.colnames == odd
    assert {str(column.unit) for column in found.columns.values()} == {"furlong"}
    content = pq.read_metadata(tmp_path / "t.parquet").metadata[CONTENT]
    (table,) = votable.parse(io.BytesIO(content)).resources[0].tables
    assert [one.name for one in table.fields] == [name.replace("\t", "\ufffd") for name in odd]
    assert table.fields[0].description == 'say "a" & b'


def test_the_same_table_gives_the_same_bytes(tmp_path):
    schema = SCHEMAS[0].values[0]
    for name in ("a", "b"):
        write_table(filled(schema, 5, 3), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_that_was_read_keeps_no_word_of_columns_that_it_has_no_more(tmp_path):
    write_table(filled(INDEX_SCHEMA, 1, 1), tmp_path / "a")
    read = pq.read_table(tmp_path / "a").select(["candid", "reason"])
    write_table(read.replace_schema_metadata({**read.schema.metadata, "own": "x"}), tmp_path / "b")
    assert set(pq.read_schema(tmp_path / "b").metadata) == {
        b"own", b"table_meta_yaml", b"table::len::reason",
    }  # fmt: skip


def test_a_night_of_an_earlier_version_lies_beside_one_of_this(tmp_path):
    """Readers were told of dictionaries before: both are read together."""
    schema = SCHEMAS[0].values[0]
    for night, write in (("1", pq.write_table), ("2", write_table)):
        (tmp_path / "results/alerts/ztf" / night).mkdir(parents=True)
        write(filled(schema, 1, 1), tmp_path / f"results/alerts/ztf/{night}/0000.parquet")
    files = sorted(tmp_path.rglob("*.parquet"))
    kinds = [pq.read_schema(file).field("survey").type for file in files]
    assert kinds == [schema.field("survey").type, pa.string()]
    assert schema_of(files).field("survey").type == pa.string()
    read = Results(tmp_path, "arrow").table("alerts")
    assert read["survey"].to_pylist() == ["a < b & ü"] * 4
    assert read.schema.field("ra").metadata[b"unit"] == b"deg"
