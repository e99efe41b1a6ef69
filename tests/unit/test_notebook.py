"""Tables as libraries have them, and light curves, against plain Python."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nights import ZTF, write_results
from packets import packet

from pipeline.alerts.keys import hashes_of
from pipeline.io.tables import field
from pipeline.notebook.forms import in_form
from pipeline.notebook.light_curve import light_curve
from pipeline.notebook.results import Results
from pipeline.notebook.shards import files_of_object

TABLE = pa.table(
    {
        "survey": pa.array(["ztf", "ztf", None]).dictionary_encode(),
        "candid": pa.array([2**62 + 1, 3, 4], pa.int64()),
        "fid": pa.array([1, None, 2], pa.int32()),
        "good": pa.array([True, None, False]),
        "ra": pa.array([1.5, None, 359.0]),
        "name": pa.array(["ä", None, "<b>"]),
        "vector": pa.array([[1.0, 2.0], None, []]),
    }
)
RA = field("ra", pa.float64(), "deg", "ICRS")
TABLE = TABLE.cast(pa.schema([RA if f.name == "ra" else f for f in TABLE.schema]))


def test_pandas_keeps_integers_whole():
    frame = in_form(TABLE, "pandas")
    assert frame["candid"].tolist() == [2**62 + 1, 3, 4]
    assert str(frame["fid"].dtype) == "Int32"
    assert frame["fid"].isna().tolist() == [False, True, False]
    assert frame["good"].tolist()[0] is True and frame["good"].isna()[1]
    assert frame.attrs["units"] == {"ra": "deg"}
    assert frame["survey"].tolist() == ["ztf", "ztf", None]


def test_astropy_masks_nulls_and_has_units():
    table = in_form(TABLE, "astropy")
    assert table["candid"].tolist() == [2**62 + 1, 3, 4]
    assert table["fid"].dtype == np.int32
    assert str(table["ra"].unit) == "deg" and table["ra"].description == "ICRS"
    for name in TABLE.column_names:
        assert table[name].mask.tolist() == [v is None for v in TABLE[name].to_pylist()], name
    assert table["name"][0] == "ä" and table["name"][2] == "<b>"
    assert table["vector"][0] == [1.0, 2.0]


def test_polars_and_arrow():
    frame = in_form(TABLE, "polars")
    assert isinstance(frame, pl.DataFrame)
    assert frame["fid"].to_list() == [1, None, 2]
    assert in_form(TABLE, "arrow").schema.field("survey").type == pa.string()
    with pytest.raises(ValueError, match="expected one of pandas"):
        in_form(TABLE, "excel")


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=8))
def test_any_integers(values):
    table = pa.table({"n": pa.array(values, pa.int64())})
    assert [None if v is pd.NA else v for v in in_form(table, "pandas")["n"]] == values
    masked = in_form(table, "astropy")["n"]
    assert [None if m else int(v) for v, m in zip(masked.data, masked.mask, strict=True)] == values


def made(number, jd, magnitude, earlier):
    one = packet(number, "ZTF18aaaaaaa", history=0, jd=jd, magpsf=magnitude)
    one["prv_candidates"] = [
        packet(1, "x", history=0, jd=when, magpsf=mag)["candidate"] | {"candid": None}
        for when, mag in earlier
    ]
    return one


@pytest.fixture
def directory(tmp_path):
    """Return a working directory with a night of three packets of one object, and one more."""
    first = made(1, 2458000.5, 18.0, [(2457990.5, 19.0)])
    second = made(2, 2458001.5, 17.5, [(2457990.5, 19.0), (2458000.5, 18.0), (2458000.9, None)])
    other = packet(3, "ZTF18bbbbbbb", history=0)
    write_results(tmp_path, (first, second, other))
    return tmp_path


def test_each_measurement_of_an_object_once(directory):
    curve = Results(directory, "arrow").light_curve("ZTF18aaaaaaa").to_pylist()
    assert [(row["jd"], row["kind"], row["mag"], row["candid"]) for row in curve] == [
        (2457990.5, "prv", 19.0, 2), (2458000.5, "alert", 18.0, 1),
        (2458000.9, "prv", None, 2), (2458001.5, "alert", 17.5, 2),
    ]  # fmt: skip
    assert curve[0]["mjd"] == 57990.0
    with pytest.raises(ValueError, match="no alert of an object 'ZTF"):
        Results(directory).light_curve("ZTF18zzzzzzz")


def test_alerts_by_their_object_or_candid(directory):
    results = Results(directory, "arrow")
    found = results.find("ZTF18aaaaaaa").to_pylist()
    assert [(row["candid"], row["night"], row["jd"]) for row in found] == [
        (2, "20180201", 2458001.5), (1, "20180201", 2458000.5),
    ]  # fmt: skip
    assert results.find(3)["object_id"].to_pylist() == ["ZTF18bbbbbbb"]
    assert not results.find("ZTF18aaaaaab").num_rows and not results.find(2**63).num_rows
    with pytest.raises(ValueError, match="no alerts of lsst"):
        results.find(3, "lsst")


def test_a_number_may_be_an_object_and_a_candid(directory):
    """Each alert once, though the first alert of an object may lend it its number."""
    (file,) = directory.glob("results/alerts/*/*/*.parquet")
    alerts = pa.parquet.read_table(file)
    at = alerts.schema.get_field_index("object_id")
    names = pa.array(["1", None, "1"], pa.string())
    pa.parquet.write_table(alerts.set_column(at, alerts.schema.field(at), names), file)
    candids = alerts["candid"].to_pylist()
    found = Results(directory, "arrow").find(1)["candid"].to_pylist()
    assert sorted(found) == sorted({1, candids[0], candids[2]})


@pytest.mark.parametrize("done", [True, False])
def test_of_a_whole_night_one_shard_is_read(directory, done):
    folder = directory / "results/alerts/ztf/20180201"
    whole = pa.parquet.read_table(folder / "0000.parquet")
    keys = hashes_of(whole["object_id"].combine_chunks())
    files = [folder / f"{number:04d}.parquet" for number in range(3)]
    for number, file in enumerate(files):
        rows = np.flatnonzero(keys.astype(int) * 3 // 2**32 == number)
        pa.parquet.write_table(whole.take(pa.array(rows)), file)
        count = directory / f"results/counts/ztf/20180201/{number:04d}.json"
        count.parent.mkdir(parents=True, exist_ok=True)
        count.write_text("{}")
    if done:
        summary = directory / "results/summary/ztf/20180201.json"
        summary.parent.mkdir(parents=True)
        summary.write_text("{}")
    chosen = files_of_object(directory, files, "ZTF18aaaaaaa")
    assert len(chosen) == (1 if done else 3)
    assert Results(directory, "arrow").find("ZTF18aaaaaaa").num_rows == 2
    assert sum(pa.parquet.read_table(f, columns=["candid"]).num_rows for f in chosen) >= 2


def test_an_object_without_anything(directory):
    results = Results(directory, "arrow")
    alerts, history = (results.table(name).slice(0, 0) for name in ("alerts", "history"))
    assert light_curve(alerts, history, ZTF).num_rows == 0


def test_what_is_not_there_is_told(directory, tmp_path):
    results = Results(directory)
    assert results.nights() == ["ztf/20180201"]
    assert len(results.table("alerts", "ztf", "20180201", ["candid"])) == 3
    for call, message in (
        (lambda: results.table("altera"), "expected one of alerts, history"),
        (lambda: results.table("scores"), "no scores of any night"),
        (lambda: results.table("alerts", "lsst"), "no alerts of lsst"),
        (lambda: results.table("alerts", columns=["x"]), "alerts has no column 'x'"),
        (lambda: results.stamps(99), "no indexed night has an alert 99"),
        (lambda: results.skymap("none"), "no map of an event 'none'; there are none"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(FileNotFoundError, match="no results"):
        Results(tmp_path / "elsewhere")


def test_stamps_are_those_of_the_packet(directory):
    found = Results(directory).stamps(2)
    assert set(found) <= {"science", "template", "difference"}
    for image in found.values():
        assert image.shape == (63, 63) and image.dtype.kind == "f"
