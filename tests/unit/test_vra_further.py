"""Further features: of the alert, of scores, of the light-curve package; rounds go on with them."""

import numpy as np
import pyarrow as pa
import pytest
from test_vra_features import ZTF, alert, earlier
from vra_rounds_here import NUMBER, pool

from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.vra.configured import MoreFeatures
from pipeline.vra.features import features_of_shard
from pipeline.vra.features_table import FEATURES, feature_names
from pipeline.vra.further import Further, further_columns, further_names
from pipeline.vra.labels.lines import Label
from pipeline.vra.labels.store import Labels
from pipeline.vra.light_curve_features import SIX, SUFFIX, six
from pipeline.vra.light_curves import BANDS, light_curves
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.before import before
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.closing import Learning, close_round
from pipeline.vra.rounds.pool import matrix, read_pool
from pipeline.vra.rounds.worklist import Asking, worklist

JD = 2460000.5


def some(number=40, seed=1):
    """Return alerts with light curves of different length, and these."""
    random = np.random.default_rng(seed)
    alerts, history = [], []
    for candid in range(number):
        alerts.append(alert(candid, magpsf=float(random.uniform(17, 20))))
        for k in range(int(random.integers(0, 25))):
            mag = None if random.random() < 0.2 else float(random.uniform(17, 20))
            days, fid = float(random.uniform(0, 30)), int(random.integers(1, 3))
            history.append(earlier(candid, JD - days, mag, fid=fid))
            if k == 3:  # twice at one time
                history.append(earlier(candid, JD - days, mag and mag + 1, fid=fid))
    table = pa.Table.from_pylist(alerts)
    return table, light_curves(table, pa.Table.from_pylist(history, HISTORY_SCHEMA), ZTF)


def test_the_six_are_the_packages():
    """An independent reader of the same light curves."""
    pytest.importorskip("light_curve")
    table, curves = some()
    classes = ["Amplitude", "LinearFit", "Median", "MedianAbsoluteDeviation"]
    theirs = further_columns(Further(light_curve=classes), table, None, curves)
    ours = six(curves)
    for name in SIX:
        for band in BANDS:
            one, other = ours[f"{name}{SUFFIX[band]}"], theirs[f"{name}{SUFFIX[band]}"]
            other = other.to_numpy(zero_copy_only=False)
            known = np.isfinite(other)
            assert known.sum() > 10
            assert one[known] == pytest.approx(other[known], rel=2e-3, abs=1e-4)


def test_any_compiled_class_row_by_row():
    lc = pytest.importorskip("light_curve")
    table, curves = some()
    classes = ["EtaE", "Kurtosis", "StandardDeviation", "Periodogram", "StetsonK"]
    found = further_columns(Further(light_curve=classes), table, None, curves)
    assert list(found) == further_names(Further(light_curve=classes))
    assert all(one.type == pa.float32() and len(one) == 40 for one in found.values())
    for candid in range(40):
        mine = (curves.alert == candid) & (curves.band == 0) & np.isfinite(curves.apparent)
        jd, first = np.unique(curves.jd[mine], return_index=True)
        mag, error = curves.apparent[mine][first], curves.apparent_err[mine][first]
        value = found["kurtosis"][candid].as_py()
        if jd.size < 4:
            assert value is None
        else:
            own = lc.Kurtosis()(jd - jd[0], mag, error, sorted=True)[0]
            assert value == pytest.approx(own, rel=1e-4)


def test_of_alerts_and_scores():
    table = pa.table({
        "candid": [3, 1, 2], "magpsf": pa.array([18.0, None, float("inf")], pa.float32()),
        "flag": [True, False, None], "fid": pa.array([1, 2, 3], pa.int32()), "word": ["a"] * 3,
    })  # fmt: skip
    scores = pa.table({"candid": [1, 2, 3], "braai": pa.array([0.1, None, 0.3], pa.float32())})
    _, curves = some(3)
    asked = Further(["magpsf", "flag", "fid"], ["braai"])
    found = further_columns(asked, table, scores, curves)
    assert list(found) == further_names(asked) == [
        "alerts_magpsf", "alerts_flag", "alerts_fid", "scores_braai",
    ]  # fmt: skip
    assert found["alerts_magpsf"].to_pylist() == [18.0, None, None]
    assert found["alerts_flag"].to_pylist() == [1.0, 0.0, None]
    assert found["scores_braai"].to_pylist() == pytest.approx([0.3, 0.1, None])
    for wrong, told in ((["word"], "a number was expected"), (["no"], "no such column")):
        with pytest.raises(ValueError, match=told):
            further_columns(Further(wrong), table, None, curves)
    with pytest.raises(ValueError, match="no table of them"):
        further_columns(Further(scores=["braai"]), table, None, curves)


@pytest.mark.parametrize("name", ["BazinFit", "NoSuchFeature", "os", "__doc__", "Extractor"])
def test_what_the_package_cannot_do_is_told(name):
    pytest.importorskip("light_curve")
    with pytest.raises(ValueError, match=name):
        further_names(Further(light_curve=[name]))


def test_nothing_is_named_twice():
    with pytest.raises(ValueError, match="twice"):
        MoreFeatures(alerts=["fid", "fid"])


HOW = Learning("e", 0, "random", class_map("real"), BOOSTED, {}, 0.2, 42)
ASKING = Asking("uncertainty", 20, 1, 0.2, 42, 1)


def test_rounds_go_on_when_features_are_added_and_say_when_one_is_missing(tmp_path):
    """A model takes what it learned from; the next learns from what is there."""
    plain = pool().append_column("survey", pa.array(["ztf"] * NUMBER))
    more = plain.append_column("alerts_x", pa.array(np.arange(NUMBER, dtype=np.float32)))
    drb = plain["drb"].to_pylist()
    labels = Labels([
        Label(n, f"o{n}", "real" if drb[n] > 0 else "bogus", f"{n:03}", "ann") for n in range(60)
    ])  # fmt: skip
    for name, table in (("old", plain), ("new", more)):
        (tmp_path / name).mkdir()
        meta = close_round(table, labels, {}, HOW, tmp_path / name)
        assert meta["features"] == feature_names(table.column_names)
    old, new = before(tmp_path / "old", more), before(tmp_path / "new", more)
    assert old.p == pytest.approx(before(tmp_path / "old", plain).p)
    assert new.p.size == NUMBER
    assert "alerts_x" in worklist(more, old.p, old.labelled, ASKING).column_names
    with pytest.raises(ValueError, match="the model takes alerts_x, which the table features has"):
        before(tmp_path / "new", plain)
    assert matrix(more).shape == (NUMBER, len(FEATURES) + 1)


def test_the_table(tmp_path):
    import pyarrow.parquet as pq

    table, _ = some(5)
    pq.write_table(table, tmp_path / "alerts.parquet")
    pq.write_table(HISTORY_SCHEMA.empty_table(), tmp_path / "history.parquet")
    ids = table["candid"].to_pylist()
    pq.write_table(pa.table({"candid": ids, "filter": ["f"] * 5}), tmp_path / "c.parquet")
    scores = {"candid": ids, "braai": pa.array([0.5] * 5, pa.float32())}
    pq.write_table(pa.table(scores), tmp_path / "s.parquet")
    files = [tmp_path / f"{name}.parquet" for name in ("alerts", "history", "c")]
    out = tmp_path / "features.parquet"
    further = Further(["magpsf"], ["braai"])
    count = features_of_shard(*files, "f", ZTF, out, further=further, scores=tmp_path / "s.parquet")
    assert count == 5
    assert pq.read_schema(out).names[-3:] == ["alerts_magpsf", "scores_braai", "reason"]
    assert feature_names(read_pool([out]).column_names) == [
        *FEATURES, "alerts_magpsf", "scores_braai",
    ]  # fmt: skip
