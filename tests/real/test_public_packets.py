"""108 public packets and files of them, of ten repositories, against independent readers.

Every column of alerts and history that is taken from the packet is compared: integers,
text, flags and doubles are equal, floats equal as float32; what is no value (NaN, infinite,
ZTF's −99999) is null or NaN. Positions agree to 1e-12 deg, times of Rubin to 1e-8 d.
"""

import gzip
import io
import math
import warnings
from pathlib import Path

import numpy as np
import public_packets as public
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from nights import build_index

from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.io.stamps import StampError, read_stamp

pytestmark = pytest.mark.real
pytest.importorskip("lsst.alert.packet", reason="the extra dev is not installed")

HERE = Path(__file__).parents[2].parent / "shared"
FILES = public.files(HERE) if HERE.is_dir() else []
MISSING = -99999.0
LEAPS = 57754.0  # MJD of 2017-01-01, when TAI − UTC became 37 s


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    return public.rubin_schemas(tmp_path_factory.mktemp("rubin") / "schemas")


def decoded(path, survey, tmp_path, schemas):
    """Return the three tables of a file, as the workflow's jobs write them."""
    index = tmp_path / "index.parquet"
    build_index(path, survey, index, tmp_path / "spool.bin", schemas)
    names = ("alerts", "history", "rejected")
    outputs = {name: tmp_path / f"{name}.parquet" for name in names}
    counts = decode_shard(index, survey, 0, 1, ShardFiles(**outputs, counts=tmp_path / "c.json"))
    assert counts["read"] == counts["alerts"] + counts["rejected"] + counts["duplicates"]
    return {name: pq.read_table(output) for name, output in outputs.items()}


def value_at(packet, path):
    for name in path.split("."):
        packet = packet.get(name) if isinstance(packet, dict) else None
    return packet


def first(packet, paths):
    return next((v for p in paths if (v := value_at(packet, p)) is not None), None)


def no_value(value):
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def same(found, value, type_):
    """Return whether a table holds what the packet says."""
    if no_value(value) or (pa.types.is_floating(type_) and value == MISSING):
        return no_value(found) or found == value
    if pa.types.is_integer(type_) and isinstance(value, float) and abs(value) >= 2**53:
        return found is None  # pandas' integers with gaps: it may be another
    if pa.types.is_boolean(type_):
        return found is (value in (True, 1, "1", "t"))
    if pa.types.is_float32(type_):
        return np.float32(found) == np.float32(value)
    if pa.types.is_string(type_):
        return found == str(value)
    return found == (int(value) if pa.types.is_integer(type_) else float(value))


def check_alert(row, packet, survey):
    for column in survey.columns:
        value = first(packet, column.paths)
        assert same(row[column.name], value, column.type), (column.name, row[column.name], value)
    ids = [str(v) for p in survey.object_id if (v := value_at(packet, p)) not in (None, 0, "")]
    assert row["object_id"] == (ids[0] if ids else None)
    assert (row["ra"] - value_at(packet, survey.ra)) % 360.0 == pytest.approx(0.0, abs=1e-12)
    assert row["dec"] == value_at(packet, survey.dec)
    check_time(row["jd"], value_at(packet, survey.time), survey)


def check_time(jd, time, survey):
    if survey.name == "ztf":
        assert jd == time
    else:
        seconds = 37 if time >= LEAPS else 36
        assert jd == pytest.approx(time + 2400000.5 - seconds / 86400, abs=1e-8)


# Columns that are calculated, and those that a rule empties (below).
CALCULATED = {"survey", "candid", "object_id", "kind", "filter", "jd", "snr"}
CALCULATED |= {"limmag3sig", "limmag5sig", "flux", "fluxerr", "zp", "mag", "magerr", "isdiffpos"}
NAMES = {"prv_candid": "candid", "mag": "magpsf", "magerr": "sigmapsf"}


def check_history(rows, packet, survey, history, schema):
    """Compare the measurements of one packet and kind."""
    items = value_at(packet, history.path) or []
    names = {**NAMES, **history.columns}
    if history.kind == "forced":  # by time, one a time
        times = [item[names.get("jd", "jd")] for item in items]
        items = [items[times.index(t)] for t in sorted(set(times))]
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        check_time(row["jd"], item[names.get("jd", "jd")], survey)
        for field in schema:
            if field.name not in CALCULATED:
                value = item.get(names.get(field.name, field.name))
                assert same(row[field.name], value, field.type), (field.name, row, value)
        if "flux" in names:
            flux, error = item.get(names["flux"]), item.get(names["fluxerr"])
            assert same(row["flux"], flux, pa.float64())
            good = not no_value(error) and error > 0
            assert row["fluxerr"] == (error if good else None)
            continue
        for name in ("mag", "magerr", "isdiffpos"):
            assert same(row[name], item.get(names.get(name, name)), schema.field(name).type)
        if row["flux"] is not None:
            sign = 1.0 if row["isdiffpos"] else -1.0
            expected = sign * 10 ** (-0.4 * (float(item[names["mag"]]) - 23.9))
            assert row["flux"] == pytest.approx(expected, rel=1e-6)


def check_stamps(packet, survey):
    """Compare stamps with astropy's reading of them."""
    for path in survey.cutouts:
        data = value_at(packet, path)
        if not data:
            continue
        content = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        if not content.startswith(b"SIMPLE"):  # Ampel's first simulated packets
            with pytest.raises(StampError):
                read_stamp(data)
            continue
        with warnings.catch_warnings(action="ignore"), fits.open(io.BytesIO(content)) as hdus:
            expected = hdus[0].data.astype(np.float32)
        np.testing.assert_array_equal(read_stamp(data), expected)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}"[-60:])
def test_each_is_read_or_rejected_with_its_reason(path, tmp_path, schemas):
    survey = get_survey(public.survey_of(path))
    public.unknown_schema(path, schemas)
    tables = decoded(path, survey, tmp_path, schemas)
    reasons, expected = tables["rejected"]["reason"].to_pylist(), public.reasons_of(path)
    if len(reasons) > len(expected):  # one row for each of some one-record blocks
        reasons = sorted(set(reasons))
    assert len(reasons) == len(expected), reasons
    for part in expected:  # in the order of the index
        assert sum(part in reason for reason in reasons) == expected.count(part)
    packets = {}
    for packet in public.packets_of(path, schemas):
        candid = first(packet, survey.candid_paths)
        packets.setdefault(candid, packet)
    alerts = tables["alerts"].to_pylist()
    assert {a["candid"] for a in alerts} == (set(packets) if public.has_alerts(path) else set())
    history = {(a["candid"], h.kind): [] for a in alerts for h in survey.histories}
    for row in tables["history"].to_pylist():
        history[row["candid"], row["kind"]].append(row)
    for row in alerts:
        packet = packets[row["candid"]]
        check_alert(row, packet, survey)
        for kind in survey.histories:
            found = history[row["candid"], kind.kind]
            check_history(found, packet, survey, kind, tables["history"].schema)
        check_stamps(packet, survey)


def test_all_of_them_are_there():
    if not FILES:
        pytest.skip("../shared (real data) is not beside this checkout")
    assert len(FILES) == 108
    assert len({p.parent.name for p in FILES}) == 10
