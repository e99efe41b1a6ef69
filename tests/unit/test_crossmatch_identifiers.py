"""match_id is the identifier of the file, exact, or the catalogue is refused as it is built."""

import decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.entry import Source
from pipeline.crossmatch.store import open_store


def _ids(tmp_path: Path, values: pa.Array) -> list[str | None]:
    count = len(values)
    table = {"ra": np.full(count, 10.0), "dec": np.full(count, 5.0), "id": values}
    pq.write_table(pa.table(table), tmp_path / "c.parquet")
    build_store(tmp_path / "c.parquet", tmp_path / "store", Source(id="id"))
    return open_store(tmp_path / "store").take(np.arange(count))[0].to_pylist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([123.0, 2.0**53 - 1, None]), ["123", "9007199254740991", None]),
        (pa.array([5.0, np.nan], pa.float32()), ["5", None]),
        (pa.array([1105522281015015001, 2]), ["1105522281015015001", "2"]),
        (pa.array(["é".encode(), b"a", None]), ["é", "a", None]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array([decimal.Decimal("12345678901234567890")]), ["12345678901234567890"]),
        (pa.array(["a"]).dictionary_encode(), ["a"]),
    ],
)
def test_identifiers_are_those_of_the_file(tmp_path, values, expected):
    assert _ids(tmp_path, values) == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pa.array([1.0, 1105522281015015001.0]), r"floats as 1\.105522281015015e\+18"),
        (pa.array([1.5]), r"floats as 1\.5"),
        (pa.array([np.inf]), "floats as inf"),
        (pa.array([b"\xff\xfe"]), "bytes that are not UTF-8"),
        (pa.array([[1], [2]]), "list<.*neither numbers nor text"),
        (pa.array([{"a": 1}]), "struct<.*neither numbers nor text"),
    ],
)
def test_identifiers_that_cannot_be_told_are_refused(tmp_path, values, reason):
    with pytest.raises(ValueError, match=rf"^[^\n]*c\.parquet: column 'id' [^\n]*{reason}[^\n]*$"):
        _ids(tmp_path, values)
    assert not (tmp_path / "store").exists()


def test_floats_in_fits(tmp_path):
    columns = [fits.Column(name, "D", array=np.array([7.0])) for name in ("ra", "dec", "id")]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "c.fits")
    build_store(tmp_path / "c.fits", tmp_path / "store", Source(id="id"))
    assert open_store(tmp_path / "store").take(np.arange(1))[0].to_pylist() == ["7"]
