"""A night against a training set: by chance nothing moves, what was shifted does."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, ks_2samp, kstwobign

from pipeline.contract.blocks import Reads
from pipeline.vra import page
from pipeline.vra.drift.compare import LEAST, compare, holm
from pipeline.vra.drift.night import COLUMNS, drift_rows, read_rows, write_rows
from pipeline.vra.drift.picture import draw_drift, moved
from pipeline.vra.features_table import FEATURES
from pipeline.vra.rounds.frozen import TRAINING_SET


def test_d_by_chance_is_kolmogorovs():
    """By simulation, and by scipy's own moments."""
    random = np.random.default_rng(1)
    found = [compare(random.normal(size=400), random.normal(size=300)) for _ in range(300)]
    d = np.array([one.ks for one in found])
    assert d.mean() == pytest.approx(found[0].chance, rel=0.06)
    assert d.std() == pytest.approx(found[0].chance_sigma, rel=0.15)
    scale = math.sqrt(1 / 400 + 1 / 300)
    assert found[0].chance == pytest.approx(scale * kstwobign.mean(), rel=1e-6)
    assert found[0].chance_sigma == pytest.approx(scale * kstwobign.std(), rel=1e-5)
    assert np.mean([one.p < 0.05 for one in found]) < 0.1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(LEAST, 300), st.integers(LEAST, 300), st.booleans())
def test_against_scipy(seed, n, m, tied):
    random = np.random.default_rng(seed)
    one, other = random.normal(size=n), random.normal(0.5, 2, size=m)
    if tied:
        one, other = one.round(), other.round()
    found = compare(np.append(one, np.nan), other)
    assert found.ks == pytest.approx(ks_2samp(one, other).statistic, abs=1e-12)
    assert found.p == pytest.approx(ks_2samp(one, other).pvalue, abs=0.02)
    assert found.night_null == pytest.approx(1 / (n + 1))
    again = compare(random.permutation(np.append(one, np.nan)), other[::-1])
    assert again == found


def test_what_cannot_be_compared():
    few = compare(np.arange(7.0), np.arange(50.0))
    assert few.ks is None and few.reason == "the night has 7 numbers; 8 are needed"
    none = compare(np.array([]), np.full(9, np.nan))
    assert none.night_null is None and none.training_null == 1.0
    same = compare(np.zeros(50), np.zeros(60))
    assert (same.ks, same.p) == (0.0, 1.0)


def test_holm_is_statsmodels_example():
    """Holm's own: each p times how many are left, and never less than the one before."""
    assert holm([0.0001, 0.01, 0.03, 0.9]) == pytest.approx([0.0004, 0.03, 0.06, 0.9])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@pytest.fixture
def night(tmp_path):
    """Write a night and a training set, of which drb and the score have moved."""
    random = np.random.default_rng(3)

    def table(rows, shift):
        columns = {name: random.normal(size=rows).astype(np.float32) for name in FEATURES}
        columns["drb"] += np.float32(shift)
        columns["ebv"] = pa.nulls(rows, pa.float32())
        return pa.table(columns)

    def scores(rows, power):
        return (random.random(rows) ** power).astype(np.float32)

    (tmp_path / "closed").mkdir()
    before = table(120, 0).append_column("score", pa.array(scores(120, 1)))
    pq.write_table(before, tmp_path / "closed" / TRAINING_SET)
    files = {"features": [], "assistant_scores": []}
    for shard in range(2):
        for name, content in (
            ("features", table(150, 1.5)),
            ("assistant_scores", pa.table({
                "candid": range(150 * shard, 150 * shard + 150),
                "score": scores(150, 4), "version": ["e_round_3"] * 150,
                "reason": pa.nulls(150, pa.string()),
            })),
        ):  # fmt: skip
            files[name].append(tmp_path / f"{name}{shard}.parquet")
            pq.write_table(content, files[name][-1])
    return tmp_path, files


def rows_of(night):
    path, files = night
    return drift_rows(files["features"], files["assistant_scores"], path / "closed", "e_round_3")


def test_what_was_moved_has(night):
    rows = rows_of(night)
    assert [row["what"] for row in rows] == [*FEATURES, "score"]
    assert {row["what"] for row in rows if moved(row)} == {"drb", "score"}
    by_name = {row["what"]: row for row in rows}
    assert by_name["ebv"]["reason"] == "the night has 0 numbers; 8 are needed"
    assert by_name["drb"]["night_median"] == pytest.approx(1.5, abs=0.2)
    path, files = night
    other = {name: found[::-1] for name, found in files.items()}
    assert drift_rows(*other.values(), path / "closed", "e_round_3") == rows


def test_a_feature_that_is_lost_has_moved(night):
    """Nothing is left to compare, and that is said."""
    path, files = night
    for file in files["features"]:
        table = pq.read_table(file)
        at = table.column_names.index("median")
        pq.write_table(table.set_column(at, "median", pa.nulls(150, pa.float32())), file)
    by_name = {row["what"]: row for row in rows_of(night)}
    lost = by_name["median"]
    assert lost["ks"] is None and lost["night_null"] == 1.0 and moved(lost)
    assert lost["p_null"] == pytest.approx(fisher_exact([[0, 300], [120, 0]])[1])
    assert not moved(by_name["ebv"])  # as many nulls as before
    write_rows(rows_of(night), path / "drift.csv")
    facts = {"pool": 300, "scored": 300, "class_1": 1, "versions": ["v"], "classes": {}}
    read = {"drift": [str(path / "drift.csv")], "drift_picture": []}
    _, table = page.section(Reads("ztf", "n", read, {}, facts, [], None)).blocks
    assert [row[0] for row in table.rows][:1] == ["median"]


def test_table_and_picture(night):
    path, rows = night[0], rows_of(night)
    write_rows(rows, path / "drift.csv")
    assert list(read_rows(path / "drift.csv")) == rows
    assert (path / "drift.csv").read_text().splitlines()[0] == ",".join(COLUMNS)
    for number, some in enumerate((rows, [row for row in rows if row["ks"] is None], [])):
        draw_drift(some, "night", path / f"{number}.png")
        assert (path / f"{number}.png").read_bytes().startswith(b"\x89PNG")


def test_a_round_that_keeps_no_training_set_is_named(night):
    (night[0] / "closed" / TRAINING_SET).unlink()
    with pytest.raises(ValueError, match=r"training.parquet: is not there: the round was closed"):
        rows_of(night)


def test_the_part_of_the_page(night):
    path, files = night
    rows = rows_of(night)
    write_rows(rows, path / "drift.csv")
    draw_drift(rows, "night", path / "drift.png")
    tables = {name: list(map(str, found)) for name, found in files.items()} | {"context": []}
    reads = Reads("ztf", "20260101", tables, {}, {}, [], None)
    facts = page.facts(reads)
    assert (facts["pool"], facts["scored"], facts["versions"]) == (300, 300, ["e_round_3"])
    (best,) = page.ranking(reads)
    assert len(best.candids) == 300 and list(best.values) == sorted(best.values, reverse=True)
    told = page.about(reads, [best.candids[0], 999])
    assert set(told) == {best.candids[0]}
    files_ = {"drift": [str(path / "drift.csv")], "drift_picture": [str(path / "drift.png")]}
    words, table, picture = page.section(Reads("ztf", "n", files_, {}, facts, [], None)).blocks
    assert "300 alerts passed" in words.text and "by e_round_3" in words.text
    assert {row[0] for row in table.rows} == {"drb", "score"}
    assert "drb" in picture.alt and picture.width > 500
    none = {"drift": [], "drift_picture": []}
    empty = page.facts(Reads("ztf", "n", {name: [] for name in tables}, {}, {}, [], None))
    (only,) = page.section(Reads("ztf", "n", none, {}, empty, [], None)).blocks
    assert only.text.endswith("no round is promoted: nothing scores them.")
