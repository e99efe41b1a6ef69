"""Columns of the alerts and history tables, coordinates, light curves."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from packets import decoded, packet

from pipeline.alerts.alerts_table import alerts_schema, alerts_table, unlisted_fields
from pipeline.alerts.history_table import history_table
from pipeline.alerts.keys import object_ids
from pipeline.alerts.photometry import photometry
from pipeline.alerts.shared_columns import CORE, HISTORY_SCHEMA
from pipeline.alerts.surveys.registry import get_survey, names, survey_files
from pipeline.alerts.surveys.survey import Measurement
from pipeline.io.arrow_records import ArrowRecords

ZTF = get_survey("ztf")


def tables(records):
    found = decoded(records)
    alerts, reasons = alerts_table(found, ZTF)
    kept = np.array([r is None for r in reasons])
    return alerts, history_table(found, ZTF, alerts, kept)


def forced(jd, flux, error, status="0", zp=26.0):
    return {
        "jd": jd, "fid": 2, "forcediffimflux": flux, "forcediffimfluxunc": error,
        "magzpsci": zp, "procstatus": status,
    }  # fmt: skip


def test_all_surveys_agree_on_the_type_of_a_column():
    """So that all nights of all surveys can be read as one table."""
    schemas = [alerts_schema(get_survey(name)) for name in names()]
    unified = pa.unify_schemas([s.remove_metadata() for s in schemas])
    assert unified.names[: len(CORE)] == [f.name for f in CORE]
    for schema in schemas:
        assert len(set(schema.names)) == len(schema.names)


def test_units_are_in_the_metadata():
    schema = alerts_schema(ZTF)
    assert schema.field("ra").metadata[b"unit"] == b"deg"
    assert schema.field("magpsf").metadata[b"unit"] == b"mag"
    assert alerts_schema(get_survey("lsst")).field("psfFlux").metadata[b"unit"] == b"nJy"
    assert HISTORY_SCHEMA.field("jd").metadata[b"unit"] == b"d"


def test_survey_files_are_found_without_importing():
    module, columns = survey_files("wntr")
    assert module.name == "wntr.py"
    assert columns.read_text().startswith("column,type,unit,path")
    with pytest.raises(ValueError, match="unknown survey 'x'; there are lsst, pgir"):
        survey_files("x")
    with pytest.raises(ValueError, match="unknown survey 'x'; there are lsst, pgir"):
        get_survey("x")


def test_null_history_and_no_measurements():
    alerts, history = tables([{**packet(1), "prv_candidates": None}, packet(2, history=0)])
    assert alerts.num_rows == 2
    assert history.num_rows == 0
    assert history.schema.equals(HISTORY_SCHEMA)


def test_history_of_bad_packets_is_left_out():
    _, history = tables([packet(1, ra=None), packet(2, history=3)])
    assert history["candid"].to_pylist() == [2, 2, 2]


def test_detections_and_limits():
    record = packet(1, history=2)
    record["prv_candidates"][0].update(magpsf=None, sigmapsf=None, isdiffpos=None, diffmaglim=20.9)
    record["prv_candidates"][1].update(magpsf=18.4, sigmapsf=0.1, isdiffpos="f")
    _, history = tables([record])
    limit, detection = history.to_pylist()
    assert limit["flux"] is None
    assert limit["fluxerr"] == pytest.approx(10 ** (-0.4 * (20.9 - 23.9)) / 5, rel=1e-6)
    assert detection["flux"] == pytest.approx(-(10 ** (-0.4 * (18.4 - 23.9))), rel=1e-6)
    assert detection["fluxerr"] == pytest.approx(-0.1 / 1.0857362 * detection["flux"], rel=1e-6)
    assert detection["zp"] == limit["zp"] == 23.9
    assert detection["isdiffpos"] is False


def test_forced_photometry_is_cleaned():
    rows = [
        forced(5.0, 100.0, 10.0), forced(3.0, -99999.0, -99999.0, "61"), forced(4.0, -50.0, 5.0),
        forced(5.0, 1.0, 1.0), forced(6.0, 20.0, 10.0), forced(7.0, None, 3.0),
    ]  # fmt: skip
    _, history = tables([{**packet(1, history=0), "fp_hists": rows}])
    found = history.to_pylist()
    assert [r["jd"] for r in found] == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert {r["kind"] for r in found} == {"forced"}
    missing, negative, bright, faint, null = found
    assert (missing["flux"], missing["fluxerr"], missing["mag"]) == (None, None, None)
    assert negative["isdiffpos"] is False
    assert negative["mag"] == pytest.approx(26.0 - 2.5 * math.log10(50.0), abs=1e-5)
    assert bright["flux"] == 100.0  # the first of jd 5
    assert bright["snr"] == 10.0
    assert bright["magerr"] == pytest.approx(0.10857, abs=1e-5)
    assert bright["limmag5sig"] == pytest.approx(26.0 - 2.5 * math.log10(50.0), abs=1e-5)
    assert bright["limmag3sig"] == pytest.approx(26.0 - 2.5 * math.log10(30.0), abs=1e-5)
    assert faint["mag"] is None
    assert faint["isdiffpos"] is None
    assert null["flux"] is None


def test_light_curves():
    record = packet(1, history=2)
    record["prv_candidates"][1] = dict(record["prv_candidates"][0])  # twice the same
    record["fp_hists"] = [
        forced(1.0, 90.0, 10.0),
        forced(2.0, 9.0, 10.0),
        forced(3.0, 9.0, 1.0, "61"),
    ]
    other = packet(2, history=1)
    other["prv_candidates"][0].update(fid=9)  # a filter without photometry
    alerts, history = tables([record, other])
    light = photometry(alerts, history, ZTF).to_pylist()
    assert [(r["candid"], r["origin"]) for r in light] == [
        (1, None), (1, None), (1, "alert_fp"), (1, "alert_fp"), (2, None)
    ]  # fmt: skip
    assert [r["flux"] for r in light if r["origin"]] == [90.0, None]
    assert {r["zpsys"] for r in light} == {"ab"}
    assert light[1]["mjd"] == 58150.0


SIGNS = [("True", 1), ("t", 1), ("1", 1), ("False", -1), ("f", -1), ("nan", None), (None, None)]


@pytest.mark.parametrize(("written", "sign"), SIGNS)
def test_the_sign_of_a_flux(written, sign):
    """One that is unknown takes the flux with it, and the light curve has no such point."""
    record = packet(1, history=1, isdiffpos=written)
    record["prv_candidates"][0]["isdiffpos"] = written
    alerts, history = tables([record])
    size = 10 ** (-0.4 * (18.0 - 23.9))
    expected = None if sign is None else pytest.approx(sign * size, rel=1e-6)
    assert alerts["isdiffpos"].to_pylist() == [None if sign is None else sign > 0]
    assert history["flux"].to_pylist() == [expected]
    assert history["fluxerr"].is_null().to_pylist() == [sign is None]
    assert history["mag"].to_pylist() == [18.0]
    fluxes = photometry(alerts, history, ZTF)["flux"].to_pylist()
    assert fluxes == ([] if sign is None else [expected] * 2)


def test_history_has_no_infinities():
    record = packet(1, history=3)
    odd = [{"magpsf": float("-inf")}, {"magpsf": -2000.0}, {"sigmapsf": float("inf")}]
    for measurement, values in zip(record["prv_candidates"], odd, strict=True):
        measurement.update(values)
    rows = [forced(1.0, 3e38, 1e-38), forced(2.0, 1.0, 1.0, zp=float("inf"))]
    _, history = tables([{**record, "fp_hists": rows}])
    assert [r["flux"] for r in history.to_pylist()[:2]] == [None, None]
    for name in history.column_names:
        if pa.types.is_floating(history[name].type):
            assert all(v is None or math.isfinite(v) for v in history[name].to_pylist()), name


def test_an_object_in_floats_is_none_where_it_may_be_another():
    ids = pa.array([5.0, 2.0**60, float("nan")])
    found = ArrowRecords.of_table(pa.table({"objectId": ids}))
    assert object_ids(found, ZTF).to_pylist() == ["5", None, None]


def test_fields_that_no_column_takes_are_noticed(tmp_path):
    assert unlisted_fields(decoded([packet(1)]), ZTF) == []
    lines = ZTF.columns_csv.read_text().splitlines(keepends=True)
    (tmp_path / "ztf.csv").write_text("".join(x for x in lines if not x.startswith("magzpsci,")))
    forgetful = replace(ZTF, columns_csv=tmp_path / "ztf.csv")
    assert unlisted_fields(decoded([packet(1)]), forgetful) == ["candidate.magzpsci"]


def columns_of(**values):
    """Return one packet as parquet rows whose types are not what a survey writes."""
    record = packet(1)
    record["candidate"] |= values
    names = ("objectId", "candid", "candidate", "prv_candidates")
    return ArrowRecords.of_table(pa.Table.from_pylist([{k: record[k] for k in names}]))


def test_positions_as_text_are_read_or_refused():
    alerts, reasons = alerts_table(columns_of(ra="10.5", jd="2458150.5"), ZTF)
    assert alerts["ra"].to_pylist() == [10.5]
    alerts, reasons = alerts_table(columns_of(ra="east"), ZTF)
    assert alerts.num_rows == 0
    assert "ra is null" in reasons[0]


def test_a_band_with_gaps_as_pandas_writes_it():
    record = packet(1, history=2)
    record["prv_candidates"][0]["fid"] = float("nan")
    record["prv_candidates"][1]["fid"] = 2.0
    row = {k: record[k] for k in ("objectId", "candid", "candidate", "prv_candidates")}
    found = ArrowRecords.of_table(pa.Table.from_pylist([row]))
    alerts, _ = alerts_table(found, ZTF)
    history = history_table(found, ZTF, alerts, np.array([True]))
    assert history["filter"].to_pylist() == [None, "ztfr"]


def test_a_flag_in_bytes_is_unknown():
    alerts, _ = alerts_table(columns_of(isdiffpos=b"t"), ZTF)
    assert alerts["isdiffpos"].to_pylist() == [None]


@pytest.mark.parametrize("ra", [-1e-17, 360.0, -360.0, 0.0])
def test_right_ascension_is_below_360(ra):
    alerts, _ = alerts_table(columns_of(ra=ra), ZTF)
    assert alerts["ra"].to_pylist() == [0.0]
    assert 0 <= alerts["ecl_lambda"].to_pylist()[0] < 360


def test_no_angle():
    assert "outside [-360, 360]" in alerts_table(columns_of(ra=500.0), ZTF)[1][0]


@pytest.mark.parametrize("mjd", [1e9, -5.0, float("inf"), None])
def test_a_time_of_rubin_that_is_no_date_rejects_its_packet_alone(mjd):
    rows = [
        {"diaSourceId": i, "diaSource": {"ra": 1.0, "dec": 2.0, "midpointMjdTai": time}}
        for i, time in enumerate([mjd, 61000.0])
    ]
    found = ArrowRecords.of_table(pa.Table.from_pylist(rows))
    alerts, reasons = alerts_table(found, get_survey("lsst"))
    assert alerts["candid"].to_pylist() == [1]
    assert reasons == ["its time is null or not finite", None]


def test_a_survey_of_fluxes_has_light_curves_from_its_module_alone():
    """Names and zero point are the survey's own; a flux needs no limit to be one."""
    own = Measurement({"flux": "diffFlux", "fluxerr": "diffFluxErr", "band": "passband"}, zp=25.0)
    survey = replace(ZTF, histories=(), measurement=own, filters={"x": "ps1::y"})
    alerts = pa.table(
        {
            "candid": [1, 2],
            "object_id": ["a", "b"],
            "jd": [2460000.5, 2460001.5],
            "diffFlux": pa.array([100.0, -10.0], pa.float32()),
            "diffFluxErr": pa.array([2.0, 1.0], pa.float32()),
            "passband": ["x", "x"],
        }
    )
    light = photometry(alerts, HISTORY_SCHEMA.empty_table(), survey).to_pylist()
    found = [(r["mjd"], r["filter"], r["flux"], r["fluxerr"], r["zp"]) for r in light]
    assert found == [
        (60000.0, "ps1::y", 100.0, 2.0, 25.0),
        (60001.0, "ps1::y", -10.0, 1.0, 25.0),
    ]
