"""The cone index of a night and of a month: every alert once, in order, with its place."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import read_alerts, write_alerts
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive.cones import merge
from pipeline.archive.cones.build import build_index
from pipeline.archive.cones.index import files_of, open_index
from pipeline.archive.cones.merge import merge_indexes
from pipeline.archive.cones.order import by_pixel
from pipeline.archive.cones.states import is_as_it_was, state_of
from pipeline.io.tables import write_table
from pipeline.sky.healpix import lonlat_to_pixel, lonlat_to_vec

COLUMNS = ["magpsf", "fid", "no_such_column", "candid"]


def sky(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def make(tmp_path, n=300, night="20180201", seed=1, columns=COLUMNS, **more):
    ra, dec = sky(n, seed)
    more = {"magpsf": np.linspace(15, 20, n), "fid": np.arange(n) % 3 + 1, **more}
    tables = write_alerts(tmp_path, ra, dec, night, shards=3, **more)
    out = tmp_path / "cones" / night
    build_index(tables, "ztf", night, columns, out)
    return tables, out


def check(index, tables_of):
    """See that each row has its alert's values, and each alert one row."""
    rows = pa.Table.from_batches(index.rows.batches, index.rows.schema).to_pylist()
    names = list(index.nights)
    expected = {
        (night, shard, row): alert
        for night, tables in tables_of.items()
        for shard, table in enumerate(tables)
        for row, alert in enumerate(pq.read_table(table).to_pylist())
    }
    places = [(names[row["night"]], row["shard"], row["row"]) for row in rows]
    assert sorted(places) == sorted(expected)
    for place, row in zip(places, rows, strict=True):
        for name in index.columns:
            assert row[name] == expected[place][name]
    ra, dec = (np.array([row[name] for row in rows]) for name in ("ra", "dec"))
    assert index.ipix.tolist() == lonlat_to_pixel(65536, ra, dec, nest=True).tolist()
    assert (np.diff(index.ipix) >= 0).all()
    assert np.array_equal(index.vec, lonlat_to_vec(ra, dec))


def test_a_night(tmp_path):
    tables, out = make(tmp_path)
    index = open_index(out)
    assert index.columns == ["candid", "object_id", "jd", "ra", "dec", "magpsf", "fid"]
    assert index.meta["rows"] == 300
    assert index.meta["unplaced"] == 0
    check(index, {"20180201": tables})
    assert index.rows.schema.field("ra").metadata[b"unit"] == b"deg"


def test_all_columns(tmp_path):
    tables, out = make(tmp_path, columns="all")
    index = open_index(out)
    assert set(index.columns) == set(read_alerts(tmp_path).column_names) - {"survey"}
    check(index, {"20180201": tables})


@pytest.mark.parametrize("piece", [10, 1 << 21])
def test_a_month(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(merge, "PIECE_ROWS", piece)
    nights = [f"2018020{day}" for day in (1, 2, 3)]
    made = [
        make(tmp_path, 200, night, seed, start=2000 + seed) for seed, night in enumerate(nights)
    ]
    merged = merge_indexes([out for _, out in made], tmp_path / "month")
    assert merged["rows"] == 600
    check(open_index(tmp_path / "month"), dict(zip(nights, [t for t, _ in made], strict=True)))


def test_a_month_of_unlike_nights(tmp_path):
    """One without alerts, one whose table lacks a column, one with the same positions."""
    nothing, _ = make(tmp_path, 0, "20180201")
    some, _ = make(tmp_path, 20, "20180202")
    for table in some:
        write_table(pq.read_table(table).drop_columns(["fid"]), table)
    build_index(some, "ztf", "20180202", COLUMNS, tmp_path / "cones/20180202")
    same, _ = make(tmp_path, 20, "20180203")
    build_index([], "ztf", "20180204", COLUMNS, tmp_path / "cones/20180204")
    nights = [f"2018020{day}" for day in (1, 2, 3, 4)]
    merge_indexes([tmp_path / "cones" / night for night in nights], tmp_path / "month")
    index = open_index(tmp_path / "month")
    rows = pa.Table.from_batches(index.rows.batches, index.rows.schema)
    assert rows.filter(pa.compute.equal(rows["night"], 1))["fid"].null_count == 20
    assert rows.filter(pa.compute.equal(rows["night"], 2))["fid"].null_count == 0
    tables = dict(zip(nights, (nothing, some, same, []), strict=True))
    assert sorted(rows["candid"].to_pylist()) == sorted(
        candid
        for files in tables.values()
        for f in files
        for candid in pq.read_table(f)["candid"].to_pylist()
    )


def test_one_night_twice(tmp_path):
    _, out = make(tmp_path)
    with pytest.raises(ValueError, match="two of the indexes are of one night"):
        merge_indexes([out, out], tmp_path / "month")


def test_an_alert_without_a_position_is_counted(tmp_path):
    tables = write_alerts(tmp_path, [1.0, np.nan, 3.0], [2.0, 2.0, 91.0])
    meta = build_index(tables, "ztf", "20180201", [], tmp_path / "out")
    assert (meta["rows"], meta["unplaced"]) == (1, 2)


@given(st.lists(st.integers(0, 12 * 65536**2 - 1) | st.integers(0, 3), max_size=50))
def test_the_order(pixels):
    array = np.array(pixels, np.int64)
    assert by_pixel(array).tolist() == np.argsort(array, kind="stable").tolist()


def test_a_table_that_changed(tmp_path):
    (table,) = write_alerts(tmp_path, [1.0, 2.0], [3.0, 4.0])
    before = state_of(table)
    assert is_as_it_was(table, before)
    os.utime(table, ns=(1, 1))  # a copy elsewhere
    assert is_as_it_was(table, before)
    write_alerts(tmp_path, [1.0, 2.5], [3.0, 4.0])
    assert table.stat().st_size == before["size"]
    assert not is_as_it_was(table, before)
    table.unlink()
    assert not is_as_it_was(table, before)
    table.write_bytes(b"PAR")
    assert not is_as_it_was(table, before)


@pytest.mark.parametrize("file", ["ipix", "vec", "rows", "meta"])
def test_no_index(tmp_path, file):
    _, out = make(tmp_path)
    path = getattr(files_of(out), file)
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], b'{"nights": []}'):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"20180201: is not a cone index"):
            open_index(out)


def test_one_of_another_length(tmp_path):
    _, out = make(tmp_path)
    np.save(files_of(out).ipix, open_index(out).ipix[1:])
    with pytest.raises(ValueError, match="differ in length"):
        open_index(out)
