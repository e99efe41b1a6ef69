"""Real packets of all surveys, against what Kowalski's own code gives for them."""

import io
import math

import fastavro
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord
from nights import build_index

from pipeline.alerts.alerts_table import alerts_table, unlisted_fields
from pipeline.alerts.batch import Shard
from pipeline.alerts.history_table import history_table
from pipeline.alerts.photometry import photometry
from pipeline.alerts.surveys.registry import get_survey
from pipeline.io.avro import parse_schema, read_blocks
from pipeline.sky.coordinates import sexagesimal

pytestmark = pytest.mark.real

DUMPS = {
    "ztf": ("ztf", 24), "pgir": ("pgir", 9), "wntr": ("wntr", 6), "turbo": ("turbo", 6),
    "lsst": ("lsst", 33), "ztf_real_alerts.parquet": ("ztf", 488),
    "ztf_pseudo_alerts.parquet": ("ztf", 4811),
    "ztf_tarballs/ztf_public_20180201.tar.gz": ("ztf", 21),
    "ztf_tarballs/ztf_public_20180819_mod1000.tar.gz": ("ztf", 30),
}  # fmt: skip
TOLERANCE_DEG = 1e-6
"""The reference gives positions with 7 decimals."""


def tables(shared, tmp_path, name, survey):
    """Return the alerts and history tables of a dump, and the records."""
    survey = get_survey(survey)
    index = tmp_path / "index.parquet"
    build_index(shared / "data" / "alerts" / name, survey, index, tmp_path / "spool.bin")
    alerts, history, records = [], [], []
    for batch, _ in Shard.load(index, 0, 1).records():
        table, reasons = alerts_table(batch, survey)
        assert not any(reasons)
        alerts.append(table)
        history.append(history_table(batch, survey, table, np.ones(table.num_rows, bool)))
        records.append(batch)
    return pa.concat_tables(alerts), pa.concat_tables(history), records


@pytest.mark.parametrize("name", DUMPS)
def test_every_real_packet_decodes(shared, tmp_path, name):
    survey, number = DUMPS[name]
    alerts, _, records = tables(shared, tmp_path, name, survey)
    assert alerts.num_rows == number
    assert len(set(alerts["candid"].to_pylist())) == number
    assert alerts["object_id"].null_count == 0
    assert all(unlisted_fields(batch, get_survey(survey)) == [] for batch in records)


@pytest.mark.parametrize("name", ["ztf", "pgir", "wntr"])
def test_columns_hold_what_fastavro_reads(shared, tmp_path, name):
    alerts, _, _ = tables(shared, tmp_path, name, name)
    rows = {row["candid"]: row for row in alerts.to_pylist()}
    for path in sorted((shared / "data" / "alerts" / name).rglob("*.avro")):
        with path.open("rb") as stream:
            packet = next(iter(fastavro.reader(stream)))
        row = rows[packet["candid"]]
        for column in get_survey(name).columns:
            first, *rest = column.paths[0].split(".")
            value = packet.get(first)
            for part in rest:
                value = value.get(part)
            if column.name == "isdiffpos":
                value = value in (True, 1, "1", "t")
            if isinstance(value, float) and math.isnan(value):
                assert math.isnan(row[column.name])
            else:
                assert row[column.name] == value, column.name


def test_turbo_whose_schema_fastavro_refuses(shared, tmp_path):
    alerts, _, _ = tables(shared, tmp_path, "turbo", "turbo")
    rows = {row["candid"]: row for row in alerts.to_pylist()}
    for path in sorted((shared / "data" / "alerts" / "turbo").rglob("*.avro")):
        content = path.read_bytes()
        block = next(read_blocks(io.BytesIO(content), len(content)))
        packet = fastavro.schemaless_reader(
            io.BytesIO(block.data), parse_schema(block.schema), None
        )
        row = rows[packet["candid"]]
        assert (row["ra"], row["dec"]) == (packet["candidate"]["ra"], packet["candidate"]["dec"])
        assert row["fid"] == packet["candidate"]["fid"]


@pytest.mark.parametrize(
    "label", ["ztf/20200202", "ztf/20231012", "pgir/20210629", "wntr/20240311"]
)
def test_light_curves_are_kowalskis(shared, tmp_path, label):
    survey = label.split("/")[0]
    alerts, history, _ = tables(shared, tmp_path, label, survey)
    found = photometry(alerts, history, get_survey(survey)).to_pandas()
    keys = ["origin", "mjd", "filter", "fluxerr"]
    found["filter"] = found["filter"].astype(str)
    found = found.sort_values(["candid", *keys]).reset_index(drop=True)
    expected = pd.read_csv(shared / "reference/alerts/photometry.csv")
    expected = expected[expected.survey == label].sort_values(["candid_alert", *keys])
    expected = expected.reset_index(drop=True)
    assert len(found) == len(expected)
    for name, ref in (("candid", "candid_alert"), ("object_id", "obj_id")):
        assert (found[name] == expected[ref]).all()
    for name in ("filter", "zpsys"):
        assert (found[name] == expected[name]).all()
    assert (found.origin.fillna("") == expected.origin.fillna("")).all()
    assert (found.programid.fillna(-1) == expected.programid.fillna(-1)).all()
    np.testing.assert_allclose(found.mjd, expected.mjd, rtol=0, atol=1e-9)
    # Magnitudes are float32 in the packets.
    for name in ("flux", "fluxerr", "zp"):
        np.testing.assert_allclose(found[name], expected[name].astype(float), rtol=1e-6)


@pytest.mark.parametrize("label", ["ztf/20200202", "ztf/20231012", "pgir", "wntr", "turbo"])
def test_coordinates_are_kowalskis(shared, tmp_path, label):
    alerts, history, _ = tables(shared, tmp_path, label, label.split("/")[0])
    expected = pd.read_csv(shared / "reference/alerts/mongify.csv")
    expected = expected[expected.survey.str.startswith(label)].set_index("candid")
    kinds = history.to_pandas().groupby(["candid", "kind"], observed=True).size()
    common = [row for row in alerts.to_pylist() if row["candid"] in expected.index]
    # Five of the six TURBO packets in the reference are not among the data.
    assert len(common) == (1 if label == "turbo" else len(expected))
    for row in common:
        ref = expected.loc[row["candid"]]
        assert str(ref.objectId) == row["object_id"]
        # Kowalski takes ICRS positions for FK5's, which is 0.04" in l and b.
        for frame, found, tolerance in (("icrs", row, 1e-9), ("fk5", ref, TOLERANCE_DEG)):
            exact = SkyCoord(row["ra"], row["dec"], unit="deg", frame=frame).galactic
            assert found["l"] == pytest.approx(exact.l.wrap_at("180d").deg, abs=tolerance)
            assert found["b"] == pytest.approx(exact.b.deg, abs=tolerance)
        for name in ("ecl_lambda", "ecl_beta"):
            assert row[name] == pytest.approx(ref[name], abs=TOLERANCE_DEG), name
        ra_text, dec_text = sexagesimal(row["ra"], row["dec"])
        assert ra_text == ref.ra_str
        # Kowalski leaves out the sign of + and pads negative degrees to two characters.
        sign = "-" if row["dec"] < 0 else ""
        degrees, rest = dec_text[1:].split(":", 1)
        assert f"{sign}{degrees}:{rest}" == ref.dec_str or f"-{int(degrees)}:{rest}" == ref.dec_str
        assert kinds.get((row["candid"], "prv"), 0) == ref.n_prv
        assert kinds.get((row["candid"], "forced"), 0) == ref.n_fp


def test_lsst_values_and_times(shared, tmp_path):
    alerts, history, _ = tables(shared, tmp_path, "lsst", "lsst")
    rows = {row["candid"]: row for row in alerts.to_pylist()}
    files = sorted((shared / "data" / "alerts" / "lsst").glob("*.parquet"))
    packets = [row for path in files for row in pa.parquet.read_table(path).to_pylist()]
    assert len(packets) == len(rows)
    per_alert = history.to_pandas().groupby("candid").size()
    for packet in packets:
        source, row = packet["diaSource"], rows[packet["diaSourceId"]]
        assert row["object_id"] == str(source["diaObjectId"] or source["ssObjectId"])
        assert (row["ra"], row["psfFlux"]) == (source["ra"], source["psfFlux"])
        # 37 leap seconds between TAI and UTC since 2017.
        expected = source["midpointMjdTai"] + 2400000.5 - 37 / 86400
        assert row["jd"] == pytest.approx(expected, abs=1e-8)
        many = len(packet["prvDiaSources"] or []) + len(packet["prvDiaForcedSources"] or [])
        assert per_alert.get(packet["diaSourceId"], 0) <= many
        assert per_alert.get(packet["diaSourceId"], 0) >= 0.95 * many
