"""Features: derived ones by a slow definition, nothing from the future, reasons for gaps."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.shared_columns import CORE
from pipeline.scores.domain import DEFAULT_FEATURES
from pipeline.scores.features import DERIVED, columns_of, make_features

HISTORY = pa.schema(
    [
        ("candid", pa.int64()),
        ("kind", pa.dictionary(pa.int32(), pa.string())),
        ("jd", pa.float64()),
        ("mag", pa.float32()),
    ]
)
ALERT = {"candid": 10**18, "jd": 100.0, "jdstarthist": 90.0, "magpsf": 18.0}
NAMES = ["peakmag_so_far", "maxmag_so_far", "days_since_peak", "days_to_peak"]


def history(*rows: tuple) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [[]] * 4
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, HISTORY, strict=True)], HISTORY)


def alert(**columns) -> pa.Table:
    return pa.Table.from_pylist([{**ALERT, **columns}])


def test_peak_and_faintest_of_the_history_and_the_alert():
    earlier = history(
        (10**18, "prv", 95.0, 17.5),
        (10**18, "prv", 93.0, 19.5),
        (10**18, "prv", 94.0, None),
        (10**18 + 1, "prv", 95.0, 10.0),
    )
    features, reasons = make_features(alert(), earlier, NAMES)
    assert reasons == [None]
    np.testing.assert_array_equal(features, np.float32([[17.5, 19.5, 5, 5]]))


def test_the_future_and_forced_photometry_do_not_count():
    later = history((10**18, "prv", 100.1, 12.0), (10**18, "forced", 95.0, 12.0))
    features, _ = make_features(alert(), later, NAMES)
    np.testing.assert_array_equal(features, np.float32([[18, 18, 0, 10]]))


@pytest.mark.parametrize("name", [*DEFAULT_FEATURES, *DERIVED])
def test_a_feature_needs_the_columns_that_are_named(name):
    numbers = {n: float(i) for i, n in enumerate([*DEFAULT_FEATURES, "rb"])}
    whole = alert(**numbers).drop("drb").append_column("drb", pa.nulls(1, pa.float64()))
    core = {field.name for field in CORE}
    some = whole.select([n for n in whole.column_names if n in core | columns_of([name])])
    for with_them, without in zip(
        make_features(whole, history(), [name]), make_features(some, history(), [name]), strict=True
    ):
        np.testing.assert_array_equal(with_them, without)


def test_an_alert_without_history():
    features, reasons = make_features(alert(), history(), NAMES)
    assert reasons == [None]
    np.testing.assert_array_equal(features, np.float32([[18, 18, 0, 10]]))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from(["prv", "forced"]),
            st.integers(80, 120).map(float),
            st.none() | st.integers(14, 22).map(float),
        ),
        max_size=40,
    ),
    candids=st.lists(st.integers(0, 5), min_size=1, max_size=8),
)
def test_derived_features_equal_their_definition(rows, candids):
    table = pa.concat_tables([alert(candid=c) for c in candids])
    features, _ = make_features(table, history(*rows), NAMES)
    for candid, found in zip(candids, features, strict=True):
        detected = [(m, t) for c, k, t, m in rows if c == candid and k == "prv" and m and t <= 100]
        peak, when = min([*detected, (18.0, 100.0)])
        faintest = max([*detected, (18.0, 100.0)])[0]
        assert found.tolist() == [peak, faintest, 100.0 - when, when - 90.0]


def test_columns_and_norms_in_order():
    table = alert(ndethist=3, ncovhist=10, sgscore1=-999.0)
    names = ["nnondet", "sgscore1", "age", "magpsf"]
    features, reasons = make_features(table, history(), names, {"age": 4.0, "magpsf": 2.0})
    assert reasons == [None]
    np.testing.assert_array_equal(features, np.float32([[7, -999, 2.5, 9]]))


def test_a_missing_drb_is_replaced_by_rb():
    table = pa.concat_tables(
        [alert(drb=d, rb=0.25) for d in (0.75, None)], promote_options="default"
    )
    features, reasons = make_features(table, history(), ["drb"])
    assert reasons == [None, None]
    assert features.ravel().tolist() == [0.75, 0.25]


def test_a_gap_is_named_and_leaves_the_others_alone():
    rows = [
        {"chinr": 1.0, "fwhm": 2.0},
        {"chinr": None, "fwhm": None},
        {"chinr": 1.0, "fwhm": 1e60},
    ]
    table = pa.Table.from_pylist([{**ALERT, **row} for row in rows])
    features, reasons = make_features(table, history(), ["chinr", "fwhm"])
    assert reasons == [None, "feature chinr is null", "feature fwhm is infinite"]
    assert np.isnan(features[1]).all()
    assert features[0].tolist() == [1, 2]


def test_an_alert_without_a_magnitude_has_no_peak():
    table = pa.concat_tables([alert(), alert(magpsf=math.nan)])
    _, reasons = make_features(table, history(), NAMES)
    assert reasons == [None, "feature peakmag_so_far is null"]


def test_large_integers_and_booleans_are_numbers():
    features, _ = make_features(
        alert(objectidps1=2**62 + 1, tooflag=True), history(), ["objectidps1", "tooflag"]
    )
    assert features.tolist() == [[2.0**62, 1.0]]


@pytest.mark.parametrize(
    ("names", "message"),
    [(["magpfs", "jd"], "no such feature: magpfs"), (["rbversion"], "rbversion is no number")],
)
def test_a_wrong_name_is_an_error(names, message):
    with pytest.raises(ValueError, match=message):
        make_features(alert(rbversion="t17_f5_c3"), history(), names)


def test_no_alerts():
    table = pa.table({n: pa.array([], pa.float64()) for n in (*DEFAULT_FEATURES, "rb", "jd")})
    features, reasons = make_features(table, history(), DEFAULT_FEATURES)
    assert features.shape == (0, 25)
    assert reasons == []
