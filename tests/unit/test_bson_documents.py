"""Columns as BSON, against bson's own encoder of the same as Python's dicts."""

import bson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents.bson_documents import documents, split

INT = (
    st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**31) - 2, -(2**31) + 2) | st.integers(-3, 3)
)
SCALAR = {
    pa.int64(): INT,
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(max_size=5),
    pa.bool_(): st.booleans(),
    pa.binary(): st.binary(max_size=5),
}
NAMES = ["jd", "é", "a_long_name", "n", "x"]


@st.composite
def typed(draw, depth=2):
    """Draw a type and a strategy of its values."""
    kinds = ["scalar", "struct", "list"] if depth else ["scalar"]
    kind = draw(st.sampled_from(kinds))
    if kind == "scalar":
        type_ = draw(st.sampled_from(list(SCALAR)))
        return type_, st.none() | SCALAR[type_]
    if kind == "list":
        type_, values = draw(typed(depth - 1))
        return pa.list_(type_), st.none() | st.lists(values, max_size=12)
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    fields = {name: draw(typed(depth - 1)) for name in names}
    values = st.fixed_dictionaries({name: value for name, (_, value) in fields.items()})
    return pa.struct([(name, type_) for name, (type_, _) in fields.items()]), st.none() | values


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    fields = {name: draw(typed()) for name in names}
    rows = draw(st.lists(st.fixed_dictionaries({n: v for n, (_, v) in fields.items()}), max_size=6))
    schema = pa.schema([(name, type_) for name, (type_, _) in fields.items()])
    return pa.Table.from_pylist(rows, schema)


def said(value, in_list=False):
    """Return a value as a broker writes it."""
    if isinstance(value, dict):
        return {k: said(v, in_list) for k, v in value.items() if v is not None or not in_list}
    if isinstance(value, list):
        return [said(item, True) for item in value]
    return value


@settings(max_examples=300, deadline=None)
@given(tables(), st.integers(0, 3))
def test_as_bson_does_it(drawn, start):
    table = drawn.slice(start)
    found = split(*documents(table))
    assert found == [bson.encode(said(row)) for row in table.to_pylist()]


def test_long_lists_and_several_chunks():
    rows = [{"a": [{"b": i, "c": None} for i in range(n)]} for n in (0, 9, 10, 11, 100, 1001)]
    parts = [pa.Table.from_pylist(rows[:2]), pa.Table.from_pylist(rows[2:])]
    schema = pa.schema([("a", pa.list_(pa.struct([("b", pa.int64()), ("c", pa.int64())])))])
    table = pa.concat_tables([part.cast(schema) for part in parts])
    assert split(*documents(table)) == [bson.encode(said(row)) for row in rows]


def test_narrow_types_and_categories():
    table = pa.table(
        {
            "f": pa.array([0.1, None], pa.float32()),
            "i": pa.array([1, 2], pa.int32()),
            "d": pa.array(["a", None]).dictionary_encode(),
            "n": pa.nulls(2),
        }
    )
    assert [bson.decode(d) for d in split(*documents(table))] == table.to_pylist()


def test_what_no_document_holds():
    with pytest.raises(ValueError, match="date32"):
        documents(pa.table({"d": pa.array([1], pa.int32()).cast(pa.date32())}))


def test_no_rows():
    assert split(*documents(pa.table({"a": pa.array([], pa.int64())}))) == []
