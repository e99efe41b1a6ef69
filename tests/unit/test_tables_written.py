"""How tables are stored: the values that went in, in encodings that fit them."""

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.io.tables import write_table

TABLE = pa.table(
    {
        "candid": pa.array([2**62 + 1, None, -1], pa.int64()),
        "flux.jy": pa.array([1.5, None, np.inf], pa.float64()),
        "mag": pa.array([np.float32(0.1), -0.0, None], pa.float32()),
        "half": pa.array(np.array([1, 2, 3], np.float16)),
        "name": ["a", "b", None],
        "filter": pa.array(["ztfg", "ztfr", "ztfg"]).dictionary_encode(),
        "good": [True, False, None],
        "epochs": pa.array([[1.0, 2.0], [], None], pa.list_(pa.float64())),
    }
)


# that a column is stored with a dictionary is nothing that readers are told
READ = TABLE.set_column(5, "filter", TABLE["filter"].cast(pa.string()))


def test_three_readers_read_what_was_written(tmp_path):
    write_table(TABLE, tmp_path / "t.parquet")
    expected = TABLE.to_pylist()
    assert pq.read_table(tmp_path / "t.parquet").equals(READ)
    assert pl.read_parquet(tmp_path / "t.parquet").to_dicts() == expected
    found = duckdb.sql(f"select * exclude half from '{tmp_path}/t.parquet'").fetchall()
    assert found == [tuple(v for k, v in row.items() if k != "half") for row in expected]


def test_floats_are_split_by_byte_and_only_what_recurs_has_a_dictionary(tmp_path):
    write_table(TABLE, tmp_path / "t.parquet")
    group = pq.read_metadata(tmp_path / "t.parquet").row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    encodings = {column.path_in_schema: set(column.encodings) for column in columns}
    split = {name for name, found in encodings.items() if "BYTE_STREAM_SPLIT" in found}
    assert split == {"flux.jy", "mag"}
    indexed = {c.path_in_schema for c in columns if c.has_dictionary_page}
    assert {"name", "filter"} <= indexed
    assert not indexed & {"candid", *split}
    assert {column.compression for column in columns} == {"ZSTD"}


def test_a_table_without_floats_or_rows(tmp_path):
    for table in (READ.select(["name"]), READ.slice(0, 0), pa.table({"n": [1]})):
        write_table(table, tmp_path / "t.parquet")
        assert pq.read_table(tmp_path / "t.parquet").equals(table)
