"""The assistant's features of light curves, against numpy's own statistics row by row."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.registry import get_survey
from pipeline.vra.features import feature_rows, features_of_shard
from pipeline.vra.features_table import FEATURES, FEATURES_SCHEMA
from pipeline.vra.groups import Groups
from pipeline.vra.light_curves import apparent

ZTF = get_survey("ztf")
JD = 2460000.5


def alert(candid, jd=JD, **changes):
    values = {
        "candid": candid, "object_id": f"o{candid}", "jd": jd, "ra": 10.0, "dec": 20.0, "fid": 1,
        "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": True, "distnr": 5.0, "magnr": 17.0,
        "sigmagnr": 0.05, "drb": 0.9, "diffmaglim": 20.0, "magzpsci": 26.0,
    }  # fmt: skip
    return {**values, **changes}


def earlier(candid, jd, mag, fid=1, **changes):
    values = {
        "candid": candid, "jd": jd, "mag": mag, "magerr": 0.1 if mag else None, "fid": fid,
        "filter": {1: "ztfg", 2: "ztfr", 3: "ztfi"}[fid], "kind": "prv", "isdiffpos": True,
        "distnr": 5.0, "magnr": 17.0, "sigmagnr": 0.05,
    }  # fmt: skip
    return {**dict.fromkeys(HISTORY_SCHEMA.names), **values, **changes}


def found(alerts, history=()):
    table = pa.Table.from_pylist(list(history), HISTORY_SCHEMA)
    return feature_rows(pa.Table.from_pylist(alerts), table, ZTF).to_pylist()


def test_a_light_curve_by_hand():
    history = [
        earlier(1, JD - 2, 19.0), earlier(1, JD - 1, 18.4), earlier(1, JD - 1, None),
        earlier(1, JD - 3, 17.5, fid=2), earlier(1, JD - 1, 18.8, isdiffpos=False),
        earlier(1, JD - 0.5, 15.0, fid=3), earlier(1, JD + 1, 12.0),
        earlier(1, JD - 1, 12.0, kind="forced"),
    ]  # fmt: skip
    row = found([alert(1)], history)[0]
    assert (row["ndets"], row["nnondets"]) == (5, 1)  # not what is later, nor forced
    assert row["dets_median"] == pytest.approx(18.0)
    assert row["dets_std"] == pytest.approx(np.std([18.0, 19.0, 18.4, 17.5, 15.0]))
    # at JD - 1 the first of the packet counts
    assert row["amplitude"] == pytest.approx(0.5)
    assert row["median"] == pytest.approx(18.4)
    slope, _ = np.polyfit([-2, -1, 0], [19.0, 18.4, 18.0], 1)
    assert row["linear_fit_slope"] == pytest.approx(slope)
    assert row["linear_fit_slope_sigma"] == pytest.approx(0.1 / np.sqrt(2), rel=1e-5)
    assert row["medianr_"] == pytest.approx(17.5)
    assert row["linear_fit_sloper_"] is None  # one measurement is no line
    assert row["amplituder_"] == 0.0


def test_near_a_source_of_the_template_magnitudes_are_apparent():
    row = found([alert(1)], [earlier(1, JD - 1, 18.5, distnr=1.4)])[0]
    flux = 10 ** (-0.4 * np.array([18.0, 18.5])) + 10 ** (-0.4 * 17.0)
    mag = -2.5 * np.log10(flux)
    assert row["median"] == pytest.approx(mag.mean())
    assert row["dets_median"] == pytest.approx(18.25)  # that of the differences stays


def test_a_difference_that_is_more_than_the_template_is_none():
    mag, _ = apparent(*(np.array([x]) for x in (16.0, 0.1, False, 17.0, 0.1)))
    assert np.isnan(mag)


def test_nothing_detected_is_null_and_no_alert_is_lost():
    rows = found([alert(1), alert(2, isdiffpos=False), alert(3, fid=3, drb=None)])
    assert [row["candid"] for row in rows] == [1, 2, 3]
    assert rows[1]["ndets"] == 0
    assert rows[1]["dets_median"] is rows[1]["dets_std"] is None
    assert rows[1]["median"] == 18.0
    assert rows[2]["median"] is rows[2]["medianr_"] is rows[2]["drb"] is None
    assert "no dust map" in rows[0]["reason"]
    assert [*FEATURES][:3] == ["ra", "dec", "drb"]
    assert (len(FEATURES), FEATURES[-1]) == (21, "ebv")


def test_alerts_do_not_depend_on_their_neighbours(tmp_path):
    rng = np.random.default_rng(5)
    alerts = [alert(i, magpsf=float(rng.normal(18, 1)), jd=JD + i) for i in range(40)]
    history = [
        earlier(i, JD + i - float(rng.integers(1, 9)), float(rng.normal(18, 1)), 1 + k % 2)
        for i in range(40)
        for k in range(rng.integers(0, 12))
    ]  # fmt: skip
    together = found(alerts, history)
    alone = [found([a], [h for h in history if h["candid"] == a["candid"]])[0] for a in alerts]
    assert together == alone
    # the other way round, written to files
    pq.write_table(pa.Table.from_pylist(alerts[::-1]), tmp_path / "alerts.parquet")
    table = pa.Table.from_pylist(history, HISTORY_SCHEMA)
    pq.write_table(table, tmp_path / "history.parquet")
    passed = [{"candid": i, "filter": "mine" if i % 2 else "other"} for i in range(40)]
    pq.write_table(pa.Table.from_pylist(passed), tmp_path / "candidates.parquet")
    names = [tmp_path / f"{name}.parquet" for name in ("alerts", "history", "candidates")]
    assert features_of_shard(*names, "mine", ZTF, tmp_path / "features.parquet") == 20
    written = pq.read_table(tmp_path / "features.parquet")
    assert written.schema.names == FEATURES_SCHEMA.names
    for row in written.to_pylist():
        for name, value in together[row["candid"]].items():
            assert row[name] == (
                pytest.approx(value, rel=1e-6) if name in FEATURES and value else value
            )


def test_finkvra_compat_copies_g():
    rows = feature_rows(
        pa.Table.from_pylist([alert(1)]),
        pa.Table.from_pylist([earlier(1, JD - 1, 15.0, fid=2)], HISTORY_SCHEMA),
        ZTF,
        finkvra_compat=True,
    ).to_pylist()
    assert rows[0]["medianr_"] == rows[0]["median"] == 18.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1e3, 1e3)), max_size=40))
def test_statistics_of_groups(rows):
    number = np.array([r[0] for r in rows], np.int64)
    values = np.array([r[1] for r in rows])
    groups = Groups(number, 5)
    for k in range(5):
        mine = values[number == k]
        expected = [np.nan] * 4
        if mine.size:
            middle = np.median(mine)
            expected = [middle, np.std(mine), np.ptp(mine) / 2, np.median(abs(mine - middle))]
        statistics = (groups.median, groups.spread, groups.half_range, groups.deviation)
        got = [statistic(values)[k] for statistic in statistics]
        np.testing.assert_allclose(got, expected, atol=1e-9)


def test_lines_of_groups_are_those_of_numpy():
    rng = np.random.default_rng(1)
    number = np.repeat(np.arange(6), [0, 1, 2, 3, 10, 200])
    x, y = rng.uniform(0, 30, number.size), rng.normal(18, 1, number.size)
    error = rng.uniform(0.01, 0.3, number.size)
    slope, sigma, chi2 = Groups(number, 6).line(x, y, error)
    assert np.isnan([slope[:3], sigma[:3], chi2[:3]]).all()
    for k in (3, 4, 5):
        mine = number == k
        fit, cov = np.polyfit(x[mine], y[mine], 1, w=1 / error[mine], cov="unscaled")
        rest = (y[mine] - np.polyval(fit, x[mine])) / error[mine]
        np.testing.assert_allclose(slope[k], fit[0], rtol=1e-9)
        np.testing.assert_allclose(sigma[k], np.sqrt(cov[0, 0]), rtol=1e-9)
        np.testing.assert_allclose(chi2[k], (rest**2).sum() / (mine.sum() - 2), rtol=1e-9)


def test_lines_without_errors_or_at_one_time_are_none():
    slope, _, _ = Groups(np.repeat([0, 1], 3), 2).line(
        np.array([1.0, 1, 1, 0, 1, 2]), np.arange(6.0), np.array([0.1, 0.1, 0.1, 0, 0.1, np.nan])
    )
    assert np.isnan(slope).all()
