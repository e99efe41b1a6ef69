"""Values as packets have them, in the types of the tables' columns."""

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.casts import as_type
from pipeline.io.text import reals


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (["t", "f", "1", "0", "y", None], pa.bool_(), [True, False, True, False, True, None]),
        ([1.0, 0.0, None], pa.bool_(), [True, False, None]),
        ([1.0, 0.0, float("nan"), 2.0, -1.0], pa.bool_(), [True, False, None, None, None]),
        ([1, 0, 2], pa.bool_(), [True, False, None]),
        (["True", "TRUE", "T", "Yes", "1.0"], pa.bool_(), [True] * 5),
        (["False", "FALSE", "F", "no", "0.0"], pa.bool_(), [False] * 5),
        (["nan", "", "maybe", "2"], pa.bool_(), [None] * 4),
        ([1e39, -1e39, 1e38], pa.float32(), [None, None, pytest.approx(1e38)]),
        ([float("inf")], pa.float32(), [float("inf")]),  # what the survey wrote
        (["0.1e4294967297", "1e400", "-1e400", "inf"], pa.float64(), [None] * 4),
        (["1e39", " 1.5 ", "-2e1"], pa.float32(), [None, 1.5, -20.0]),
        (["0x10", "1_0", "+12", "7 "], pa.int64(), [None, None, 12, 7]),
        ([2.0**53, 2.0**53 - 1], pa.int64(), [None, 2**53 - 1]),
        ([float("nan"), float("nan")], pa.string(), [None, None]),
        ([datetime(2026, 1, 1)], pa.int64(), [None]),
        ([True, None], pa.bool_(), [True, None]),
        ([5.0, float("nan"), None], pa.int64(), [5, None, None]),
        ([2**62 + 1], pa.int64(), [2**62 + 1]),
        ([2**40, 7], pa.int32(), [None, 7]),
        (["1.5", "x"], pa.float64(), [1.5, None]),
        ([1.5], pa.int32(), [None]),
    ],
)
def test_types_of_all_packets(values, type_, expected):
    assert as_type(pa.array(values), type_, len(values)).to_pylist() == expected


TEXT = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("kind", TEXT)
def test_flags_and_numbers_in_every_type_of_text(kind):
    assert as_type(pa.array(["True", "F"]).cast(kind), pa.bool_(), 2).to_pylist() == [True, False]
    found = as_type(pa.array(["1.5", "x"]).cast(kind), pa.float32(), 2)
    assert found.to_pylist() == [1.5, None]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_text_are_those_of_python(value):
    texts = [repr(value), f"{value:.17e}", f" {value:+.20E}"]
    assert reals(pa.array(texts)).to_pylist() == [float(text) for text in texts]


def test_absent_columns_are_null():
    assert as_type(None, pa.int32(), 2).to_pylist() == [None, None]
    assert as_type(pa.nulls(2), pa.string(), 2).to_pylist() == [None, None]
