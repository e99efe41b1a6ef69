"""What of the packets' earlier measurements is kept: all, new since the last night, or none."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import ZTF, run, write_folder
from packets import container, decoded, packet

from pipeline.alerts.alerts_table import alerts_table
from pipeline.alerts.history_kept import new_since_last_night
from pipeline.alerts.history_table import history_rows, history_table
from pipeline.alerts.photometry import photometry
from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.cli.main import main
from pipeline.io.stored_schema import plain_field
from pipeline.io.tables import survey_schema

JD = 2458150.5  # of the alerts that `packet` makes
LAST = JD - 3


def prv(jd, mag=18.0):
    base = packet(0)["candidate"]
    return {**base, "jd": jd, "magpsf": mag, "sigmapsf": None if mag is None else 0.1}


def forced(jd, flux=100.0):
    return {
        "jd": jd, "fid": 1, "forcediffimflux": flux, "forcediffimfluxunc": 10.0,
        "magzpsci": 26.0, "procstatus": "0",
    }  # fmt: skip


def alert(candid, earlier, fluxes=(), **more):
    return {**packet(candid, **more), "prv_candidates": earlier, "fp_hists": list(fluxes)}


def kept(*packets):
    """Return (candid, kind, days before the alert) of the rows that are new, and all rows."""
    records = decoded(list(packets))
    alerts, _ = alerts_table(records, ZTF)
    history = history_table(records, ZTF, alerts, np.ones(len(packets), dtype=bool))
    rows = history.filter(pa.array(new_since_last_night(alerts, history))).to_pylist()
    return [(r["candid"], r["kind"], r["jd"] and JD - r["jd"]) for r in rows], history


def test_new_is_what_came_after_the_last_night():
    """L is three days ago: its own packet had what was before, but its forced photometry not."""
    earlier = [prv(LAST), prv(LAST - 1), prv(JD - 2, None), prv(JD - 0.25), prv(LAST - 2, None)]
    fluxes = [forced(LAST - 1), forced(LAST), forced(JD - 2), forced(JD - 0.25)]
    found, history = kept(alert(1, earlier, fluxes))
    assert history.num_rows == 9
    assert found == [
        (1, "prv", 2), (1, "prv", 0.25), (1, "forced", 3), (1, "forced", 2), (1, "forced", 0.25),
    ]  # fmt: skip


def test_a_detection_of_the_same_night_is_no_earlier_night():
    """0.5 d apart is the same night, as nothing says in how many packets it was."""
    found, history = kept(alert(1, [prv(JD - 0.5), prv(JD - 7, None)], [forced(JD - 7)]))
    assert len(found) == history.num_rows == 3
    found, _ = kept(alert(1, [prv(JD - 0.50390625), prv(JD - 7, None)], [forced(JD - 7)]))
    assert found == []


def test_an_object_that_was_not_detected_before_keeps_all():
    """Limits, forced photometry (of 10 sigma) and the future are no detections of before."""
    earlier = [prv(JD - 9, None), prv(JD - 1, None), prv(JD + 2)]
    found, _ = kept(alert(1, earlier, [forced(JD - 8), forced(JD - 2)]))
    assert [days for _, _, days in found] == [9, 1, -2, 8, 2]


def test_a_row_without_a_time_is_kept():
    records = decoded([alert(1, [prv(LAST), prv(LAST - 1)])])
    alerts, _ = alerts_table(records, ZTF)
    history = history_table(records, ZTF, alerts, np.array([True]))
    jd = pa.array([None, LAST], pa.float64())
    at = history.schema.get_field_index("jd")
    unknown = history.set_column(at, history.schema.field("jd"), jd)
    assert new_since_last_night(alerts, unknown).tolist() == [True, False]


def test_each_alert_has_its_own_last_night():
    found, _ = kept(
        alert(7, [prv(JD - 1), prv(JD - 4)]),
        alert(3, [prv(JD - 4), prv(JD - 2, None)]),
        alert(5, None),
        alert(4, [prv(JD - 4, None)]),
    )
    assert found == [(3, "prv", 2), (4, "prv", 4)]


def test_nights_that_are_all_kept_have_every_row_once():
    """An object of 30 nights, an alert in each: together what the last packet carries.

    Each packet carries all before it; forced photometry comes a night later than its image.
    """
    nights = np.arange(30)
    packets = []
    for n in nights:
        earlier = [prv(JD - 40 + k) for k in nights[:n]]
        fluxes = [forced(JD - 40 + k) for k in nights[:n]]
        packets.append(alert(1000 + n, earlier, fluxes, jd=JD - 40 + n))
    records = decoded(packets)
    alerts, _ = alerts_table(records, ZTF)
    history = history_table(records, ZTF, alerts, np.ones(30, dtype=bool))
    new = history.filter(pa.array(new_since_last_night(alerts, history)))
    fluxes = [r["jd"] for r in new.to_pylist() if r["kind"] == "forced"]
    assert fluxes == [JD - 40 + k for k in nights[:-1]]
    # every detection is an alert, and so only there
    assert new.num_rows == len(fluxes)


def test_no_packets():
    alerts, _ = alerts_table(decoded([packet(1)]), ZTF)
    for some in (alerts, alerts.slice(1)):
        assert new_since_last_night(some, HISTORY_SCHEMA.empty_table()).shape == (0,)


def test_rows_are_counted_without_being_made():
    """Two forced measurements of one jd are one row; those of a rejected packet none."""
    records = decoded(
        [
            alert(1, [prv(LAST)], [forced(1.0), forced(2.0), forced(1.0)]),
            alert(2, [prv(LAST)], [forced(1.0)], ra=None),
            alert(3, None, [forced(1.0)]),
        ]
    )
    alerts, reasons = alerts_table(records, ZTF)
    good = np.array([reason is None for reason in reasons])
    assert good.tolist() == [True, False, True]
    assert history_rows(records, ZTF, good) == 4
    assert history_table(records, ZTF, alerts, good).num_rows == 4


NIGHT = {
    "a.avro": container(
        [
            alert(1, [prv(LAST), prv(LAST - 1), prv(JD - 2, None)], [forced(LAST), forced(1.0)]),
            alert(2, None),
            alert(3, [prv(JD - 9, None)], object_id="ZTF18bbbbbbb"),
            alert(4, [prv(LAST)], [forced(5.0)], ra=None),
        ]
    )
}


@pytest.mark.parametrize(
    ("history", "shards", "rows"),
    [("all", 1, 6), ("new", 1, 3), ("none", 1, 0), ("new", 3, 3), ("none", 3, 0)],
)
def test_a_night(tmp_path, history, shards, rows):
    """What is kept and what is left out add up to all; the other tables are the same."""
    folder = write_folder(tmp_path / "night", NIGHT)
    tables, total = run(tmp_path, folder, shards, history=history)
    whole, _ = run(tmp_path, folder)
    assert tables["history"].num_rows == total["history"] == rows
    assert total["history_left_out"] == 6 - rows
    assert list(tables["history"].schema) == list(map(plain_field, survey_schema(HISTORY_SCHEMA)))
    for name in ("alerts", "rejected"):
        assert tables[name].to_pylist() == whole[name].to_pylist()
    kept = tables["history"].to_pylist()
    assert [row for row in whole["history"].to_pylist() if row in kept] == kept


def test_light_curves_of_no_history(tmp_path):
    """They are the alerts' own measurements."""
    folder = write_folder(tmp_path / "night", NIGHT)
    tables, _ = run(tmp_path, folder, history="none")
    light = photometry(tables["alerts"], tables["history"], ZTF).to_pylist()
    assert [(r["candid"], r["mjd"], r["origin"]) for r in light] == [
        (candid, JD - 2400000.5, None) for candid in tables["alerts"]["candid"].to_pylist()
    ]


def test_the_summary_says_what_was_left_out(tmp_path, capsys):
    path = tmp_path / "results/summary/lsst/1.json"
    path.parent.mkdir(parents=True)
    counts = {"read": 2, "alerts": 2, "rejected": 0, "duplicates": 0, "history": 3}
    for more, words in (
        ({}, "3 history\n"),
        ({"history_left_out": 0}, "3 history\n"),
        ({"history_left_out": 9}, "3 history, 9 rows of history left out\n"),
    ):
        path.write_text(json.dumps(counts | more))
        assert main(["summary", "--directory", str(tmp_path)]) == 0
        assert words in capsys.readouterr().out


def test_an_empty_history_is_a_table(tmp_path):
    """As docs/tables.md reads it."""
    folder = write_folder(tmp_path / "night", NIGHT)
    run(tmp_path, folder, 3, history="none")
    files = sorted((tmp_path / "out3-1/none").glob("history*.parquet"))
    assert [pq.read_metadata(file).num_rows for file in files] == [0, 0, 0]
    expected = pa.schema(map(plain_field, survey_schema(HISTORY_SCHEMA)))
    assert pq.read_table(files).schema.equals(expected)
