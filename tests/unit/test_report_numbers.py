"""Numbers of the morning page, against pandas on the same tables."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts

from pipeline.alerts.page import section
from pipeline.alerts.page_facts import MAGNITUDES, facts, ranking, rejected_reasons
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract.blocks import Histogram, Ranking, Reads, Table
from pipeline.crossmatch import page as matches
from pipeline.report.axis import ticks
from pipeline.report.choose import chosen_rankings, ranked_alerts
from pipeline.report.histogram import draw
from pipeline.scores import page as scores

NUMBER = 400


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Return a night of alerts in four shards, its reads and its rows in pandas."""
    folder = tmp_path_factory.mktemp("night")
    random = np.random.default_rng(5)
    magpsf = random.normal(18, 1.5, NUMBER).astype(np.float32)
    magpsf[:5] = [np.nan, 40.0, 3.0, 12.0, 11.0]
    files = write_alerts(
        folder,
        random.uniform(0, 360, NUMBER),
        random.uniform(-30, 80, NUMBER),
        shards=4,  # of whole objects
        fid=random.choice([1, 2, 3, None], NUMBER).tolist(),
        magpsf=magpsf,
        sigmapsf=np.full(NUMBER, 0.1),
        diffmaglim=random.normal(20, 0.5, NUMBER),
        isdiffpos=random.choice([True, False, None], NUMBER, p=[0.6, 0.3, 0.1]).tolist(),
        jdstarthist=2458150.5 + np.arange(NUMBER) / 1000 - random.uniform(0, 90, NUMBER),
    )
    summary = folder / "summary.json"
    counts = {"read": 410, "alerts": NUMBER, "rejected": 6, "duplicates": 4, "history": 0}
    summary.write_text(json.dumps({**counts, "unlisted_fields": ["x"]}))
    rejected = folder / "rejected.parquet"
    reasons = ["truncated", "no candid", "truncated", "b", "b", "b"]
    columns = {"reason": reasons, "source": list("fedcba"), "position": list(range(6))}
    pq.write_table(pa.table(columns), rejected)
    told = {"alerts": list(map(str, files)), "summary": [str(summary)], "rejected": [str(rejected)]}
    rows = pd.concat([pd.read_parquet(f) for f in files])
    return Reads("ztf", "20180201", told, {}), rows, files


def test_counts_and_distributions(night):
    reads, rows, _ = night
    found = facts(reads)
    assert found["objects"] == rows.object_id.nunique()
    assert found["span"] == (rows.jd.min(), rows.jd.max())
    names = {"ztfg": 1, "ztfr": 2, "ztfi": 3, "unknown": None}
    assert found["bands"].keys() == names.keys()
    for name, fid in names.items():
        mine = rows[rows.fid.isna() if fid is None else rows.fid == fid]
        band = found["bands"][name]
        assert band["alerts"] == len(mine)
        assert band["positive"] == (mine.isdiffpos == True).sum()  # noqa: E712 - null is neither
        assert band["negative"] == (mine.isdiffpos == False).sum()  # noqa: E712
        known = mine.magpsf[np.isfinite(mine.magpsf)]
        inside = np.histogram(known, MAGNITUDES)[0]
        assert band["magnitudes"] == [*inside, len(known) - inside.sum()]
    assert sum(found["sky"]["counts"]) == NUMBER
    json.dumps(found, allow_nan=False)


def test_sky_is_healpix(night):
    healpy = pytest.importorskip("healpy")
    reads, rows, _ = night
    found = facts(reads)["sky"]
    pixels = healpy.ang2pix(2 ** found["order"], rows.ra, rows.dec, nest=True, lonlat=True)
    expected = pd.Series(pixels).value_counts().sort_index()
    assert found["pixels"] == expected.index.tolist()
    assert found["counts"] == expected.tolist()


def test_reasons_with_an_example_each(night):
    reads, _, _ = night
    told = rejected_reasons(reads.files["rejected"])
    assert [(r["reason"], r["number"]) for r in told] == [
        ("b", 3), ("truncated", 2), ("no candid", 1)
    ]  # fmt: skip
    assert (told[0]["source"], told[0]["position"]) == ("a", 5)


def test_brightest_new_light(night):
    reads, rows, files = night
    found = ranking(reads)
    lists = chosen_rankings(found, ranked_alerts(map(str, files), get_survey("ztf"), found), 10)
    good = rows[(rows.isdiffpos == True) & np.isfinite(rows.magpsf)].copy()  # noqa: E712
    good["old"] = good.jd - good.jdstarthist > 30
    best = good.sort_values(["old", "magpsf"]).drop_duplicates("object_id")
    assert lists[0]["candids"] == best.candid.head(10).tolist()
    assert lists[0]["number"] == len(best)


def test_lists_share_the_cards():
    from pipeline.report.choose import Alert

    alerts = {c: Alert(c, f"o{c}", 18.0 - c / 100, c % 2 == 0) for c in range(40)}
    every = list(range(40))
    rankings = [
        Ranking("a", "", every[:3]), Ranking("b", "", every), Ranking("none", "", []),
        Ranking("first", "", every, general=True), Ranking("last", "", every, general=True),
    ]  # fmt: skip
    lists = chosen_rankings(rankings, alerts, 20)
    assert {one["name"]: len(one["candids"]) for one in lists} == {
        "a": 3, "b": 9, "none": 0, "last": 8
    }  # fmt: skip
    assert lists[1]["candids"][:2] == [39, 38]
    assert all(c % 2 == 0 for c in lists[-1]["candids"])  # brighter than the template
    assert not any(one["candids"] for one in chosen_rankings(rankings, alerts, 0))


def test_an_empty_night():
    found = facts(Reads("ztf", "1", {"alerts": [], "summary": [], "rejected": []}, {}))
    told = section(Reads("ztf", "1", {}, {}, facts=found))
    assert told.looked == ["0 alerts"]
    assert told.problems == ["no packet was read"]


def test_comparison_with_earlier_nights(night):
    reads, _, _ = night
    mine = facts(reads)
    before = [{**mine, "counts": {**mine["counts"], "alerts": n}} for n in (2000, 1800, 2200)]
    told = section(Reads("ztf", "9", {}, {}, facts=mine, earlier=before))
    assert any("where the earlier nights have 2,000" in line for line in told.problems)
    accounting = next(block for block in told.blocks if isinstance(block, Table))
    assert accounting.rows[1] == ["alerts", NUMBER, 2000]
    group = next(b for b in told.blocks if getattr(b, "title", "") == "Magnitudes and limits")
    histogram = group.blocks[0]
    assert np.allclose(histogram.usual, histogram.counts)  # all nights are alike
    assert histogram.nights == 3


def test_scores(tmp_path):
    random = np.random.default_rng(1)
    values = [None, None, *random.random(98)]
    columns = {
        "candid": list(range(100)), "m": pa.array(values, pa.float32()), "m_version": ["1"] * 100,
        "m_reason": ["no stamps", "all NaN", *[None] * 98],
    }  # fmt: skip
    file = str(tmp_path / "0.parquet")
    pq.write_table(pa.table(columns), file)
    model = tmp_path / "m.onnx"
    model.write_bytes(b"x")
    files = {"scores": [file], "models": [str(model)]}
    reads = Reads("ztf", "1", files, {"models": {"m": ["1", str(model)]}})
    found = scores.facts(reads)
    one, known = found["models"]["m"], np.array(values[2:], np.float32)
    assert (one["scored"], one["above"]) == (98, int((known > 0.5).sum()))
    assert sum(one["bins"]) == 98
    assert one["reasons"] == {"all NaN": 1, "no stamps": 1}
    assert found["files"][0][2].startswith("sha256 2d711642b726b044")  # of b"x"
    ranked = scores.ranking(reads)[0]
    frame = pd.DataFrame({"c": range(2, 100), "s": np.round(known.astype(float), 2)})
    frame = frame[known > 0.5].sort_values(["s", "c"], ascending=[False, True])
    assert ranked.candids == frame.c.tolist()
    assert scores.about(reads, [1, 5])[5][0].rows[0][1] == pytest.approx(values[5])
    assert scores.about(reads, [1])[1][0].rows[0][2] == "all NaN"


def test_matches(tmp_path):
    columns = {
        "survey": ["ztf"] * 3, "candid": [1, 1, 2],
        "catalog": pa.array(["vsx", "vsx", "gal"]).dictionary_encode(),
        "match_id": ["a", "b", "c"], "distance_arcsec": [0.5, 1.5, 20.0],
        "distance_kpc": [None, None, -1.0], "rank": pa.array([1, 2, 1], pa.int32()),
        "vsx_type": ["RR", None, None],
    }  # fmt: skip
    file = str(tmp_path / "0.parquet")
    pq.write_table(pa.table(columns), file)
    reads = Reads("ztf", "1", {"matches": [file], "stores": []}, {"catalogs": ["vsx", "none"]})
    found = matches.facts(reads)["catalogs"]
    assert found["vsx"] == {"matches": 2, "alerts": 1}
    assert found["none"] == {"matches": 0, "alerts": 0}
    rows = matches.about(reads, [1, 2])
    assert rows[1][0].rows[0] == ["vsx", "a", 0.5, None, "type RR"]
    assert rows[2][0].rows[0] == ["gal", "c", 20.0, None, None]


def test_bars_have_the_counts():
    counts = [0, 0, 4, 8, 2] + [0] * 20
    drawn = draw(Histogram("h", "x", [float(i) for i in range(26)], counts, None))
    assert drawn.bars.count("M") == 3
    assert "14 in all, most (8) from 3 to 4" in drawn.words


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (17.2, 21.9), (-300, 5), (0, 1e6), (59000, 59000.5)]
)
def test_ticks_are_round_and_inside(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 7
    assert low - 1e-9 <= found[0] and found[-1] <= high + 1e-9
