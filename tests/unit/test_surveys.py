"""What is wrong with a survey's module or CSV is told by name and line."""

import zlib
from dataclasses import replace

import pyarrow as pa
import pytest
from packets import decoded, packet

from pipeline.alerts.alerts_table import alerts_schema
from pipeline.alerts.keys import object_ids, packet_keys
from pipeline.alerts.surveys import registry
from pipeline.alerts.surveys.registry import get_survey, names
from pipeline.alerts.surveys.survey import Measurement
from pipeline.io.arrow_records import ArrowRecords

ZTF = get_survey("ztf")
HEADER = "column,type,unit,path\n"


def with_columns(tmp_path, text):
    path = tmp_path / "columns.csv"
    path.write_text(text)
    return replace(ZTF, columns_csv=path)


def test_those_of_the_package():
    assert names() == ["lsst", "pgir", "turbo", "wntr", "ztf"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns.csv: expected the header column,type,unit,path"),
        ("name,type,unit,path\n", "columns.csv: expected the header"),
        (f"{HEADER}rb,float32,candidate.rb\n", "line 2: expected column,type,unit,path"),
        (f"{HEADER}rb,float32,,candidate.rb,x\n", "line 2: expected"),
        (f"{HEADER}\nrb,float,,candidate.rb\n", "line 3: type 'float', expected one of bool, "),
        (f"{HEADER}rb,int32,,a.rb\nrb,int32,,b.rb\n", "line 3: a second column 'rb'"),
        (f"{HEADER}ra,float64,deg,candidate.ra\n", "columns.csv: 'ra' is a column of all surveys"),
    ],
)
def test_wrong_columns(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        alerts_schema(with_columns(tmp_path, text))


def test_a_survey_without_columns_of_its_own(tmp_path):
    schema = alerts_schema(with_columns(tmp_path, HEADER))
    assert schema.names[-1] == "ecl_beta"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (("pipeline.alerts.surveys.ztf", "SURVEY"), "a Survey with the name 'mine'"),
        (("pipeline.alerts.surveys.ztf", "Survey"), "a Survey with the name 'mine'"),
        (("pipeline.alerts.surveys.ztf", "NONE"), "expected NONE to be a Survey"),
    ],
)
def test_an_entry_point_that_is_no_such_survey(monkeypatch, where, message):
    monkeypatch.setattr(registry, "_modules", lambda: {"mine": where})
    registry.get_survey.cache_clear()
    with pytest.raises(ValueError, match=message):
        get_survey("mine")


LIGHT_CURVES = "magpsf,float32,,m\nsigmapsf,float32,,e\ndiffmaglim,float32,,l\nisdiffpos,bool,,p\n"
BY_BAND = Measurement({"mag": "magpsf", "magerr": "sigmapsf", "band": "band"})
BY_FLUX = Measurement({"flux": "f", "fluxerr": "e", "band": "band"}, zp=25.0)


@pytest.mark.parametrize(
    ("columns", "changes", "lacking"),
    [
        (f"{LIGHT_CURVES}band,string,,b\n", {}, "fid"),
        (f"{LIGHT_CURVES}band,string,,b\n", {"measurement": BY_BAND}, None),
        (f"{LIGHT_CURVES}fid,int32,,b\n", {"measurement": BY_BAND}, "band"),
        (LIGHT_CURVES, {"filters": {None: "ztfg"}}, None),
        (LIGHT_CURVES.replace("diffmaglim", "limit"), {"filters": {None: "ztfg"}}, "diffmaglim"),
        (LIGHT_CURVES.replace("isdiffpos", "sign"), {"filters": {None: "ztfg"}}, "isdiffpos"),
        ("f,float32,,f\nband,string,,b\n", {"measurement": BY_FLUX}, "e"),
        ("f,float32,,f\ne,float32,,e\nband,string,,b\n", {"measurement": BY_FLUX}, None),
        ("", {"filters": {}}, None),
    ],
)
def test_light_curves_that_would_be_without_their_alerts(
    tmp_path, monkeypatch, columns, changes, lacking
):
    """Their rows would be dropped one by one, for want of a band, a limit or a sign."""
    survey = replace(with_columns(tmp_path, HEADER + columns), **changes)
    monkeypatch.setattr("pipeline.alerts.surveys.ztf.SURVEY", survey)
    registry.get_survey.cache_clear()
    try:
        if lacking is None:
            assert get_survey("ztf") is survey
        else:
            with pytest.raises(ValueError, match=f"light curves of ztf take the column {lacking},"):
                get_survey("ztf")
    finally:
        registry.get_survey.cache_clear()


@pytest.mark.parametrize("module", ["pipeline.alerts.surveys.gone", "gone.survey"])
def test_an_entry_point_whose_module_is_gone(monkeypatch, module):
    monkeypatch.setattr(registry, "_modules", lambda: {"mine": (module, "SURVEY")})
    with pytest.raises(ValueError, match=f"survey 'mine': there is no module {module}"):
        registry.survey_files("mine")


@pytest.mark.parametrize(
    ("candid", "expected"),
    [
        (pa.array([1, None, 2**62 + 1]), [1, None, 2**62 + 1]),
        (pa.array(["1", "x", str(2**62 + 1)]), [1, None, 2**62 + 1]),
        (pa.array([1, None, 2**63 + 1], pa.uint64()), [1, None, None]),
        (pa.array([1.0, None, 2.0**62]), [None, None, None]),
        (pa.array([{"a": 1}, None, None]), [None, None, None]),
    ],
)
def test_candids_that_are_no_integers_are_none(candid, expected):
    records = ArrowRecords.of_table(pa.table({"candid": candid}))
    assert packet_keys(records, ZTF)[0].to_pylist() == expected


def test_an_objects_hash_does_not_depend_on_its_alert():
    records = decoded([packet(1, "a"), packet(2, "a"), packet(3, "b"), packet(4, "")])
    keys = packet_keys(records, ZTF)[1]
    assert keys[0] == keys[1] != keys[2]
    assert object_ids(records, ZTF).to_pylist() == ["a", "a", "b", None]


@pytest.mark.parametrize("name", ["", "0", "None", "null", "NULL", "nan", "NaN"])
def test_a_placeholder_is_no_object(name):
    """Two packets that write "None" are not of one object: they have keys of their own."""
    records = decoded([packet(1, name), packet(2, name), packet(3, "Nonesuch")])
    assert object_ids(records, ZTF).to_pylist() == [None, None, "Nonesuch"]
    assert packet_keys(records, ZTF)[1].tolist()[:2] == [zlib.crc32(b"1"), zlib.crc32(b"2")]
