"""The end of a round: what it learned, that ONNX says the same, that nothing depends on order."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn", reason="the extra vra")

from pipeline.vra.features_table import FEATURES
from pipeline.vra.labels.lines import Label
from pipeline.vra.labels.store import Labels
from pipeline.vra.rounds.allowed import ALLOWED, BOOSTED, class_name
from pipeline.vra.rounds.before import before
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.classifiers import fit, leaf_samples, probability
from pipeline.vra.rounds.closing import Learning, close_round
from pipeline.vra.rounds.metrics import metrics_of
from pipeline.vra.rounds.model_files import (
    AGREE,
    ONNX,
    SKOPS,
    check_parity,
    parity,
    score,
    write_model,
)
from pipeline.vra.rounds.pool import matrix, numbers_of, read_pool

NUMBER = 300


@pytest.fixture(scope="module")
def pool() -> pa.Table:
    random = np.random.default_rng(1)
    features = {name: random.normal(size=NUMBER).astype(np.float32) for name in FEATURES}
    features["ebv"] = np.full(NUMBER, np.nan, np.float32)
    features["amplitude"][::7] = np.nan
    return pa.table(
        {
            "survey": ["ztf"] * NUMBER,
            "candid": np.arange(NUMBER) + 10**18,
            "object_id": [f"ZTF{n // 2}" for n in range(NUMBER)],
            **{name: pa.array(column, from_pandas=True) for name, column in features.items()},
        }
    )


def given(pool, number: int = 120) -> list[Label]:
    """Return labels that a person could give: bogus where drb is low."""
    rows = pool.slice(0, number).to_pylist()
    return [
        Label(r["candid"], r["object_id"], "bogus" if r["drb"] < 0 else "real", f"t{n:04}", "ann")
        for n, r in enumerate(rows)
    ]


def learning(**changes) -> Learning:
    plain = {"experiment": "e", "round": 1, "strategy": "uncertainty", "held_out": 0.2, "seed": 42}
    how = {"classes": class_map("real"), "classifier": BOOSTED, "parameters": {}}
    return Learning(**(plain | how | changes))


def closed(pool, labels, folder, **changes):
    folder.mkdir()
    earlier = changes.pop("earlier", {})
    return close_round(pool, Labels(labels), earlier, learning(**changes), folder)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_round_learns(pool, tmp_path):
    labels = given(pool)
    elsewhere = Label(5, "ZTFother", "real", "t", "ann")
    earlier = {labels[0].candid: 0, labels[5].candid: 0}
    meta = closed(pool, [*labels, elsewhere], tmp_path / "one", earlier=earlier)
    assert meta["n_train"] + meta["n_held_out"] == 120
    assert meta["labels_of_no_alert_of_the_pool"] == [5]
    assert meta["onnx"]["rows"] == NUMBER
    assert meta["onnx"]["rows_apart"] == 0
    held = {int(row["candid"]) for row in rows(tmp_path / "one/held_out.csv")}
    trained = {int(r["candid"]): int(r["round"]) for r in rows(tmp_path / "one/training_ids.csv")}
    assert not held & set(trained)
    objects = dict(zip(pool["candid"].to_pylist(), pool["object_id"].to_pylist(), strict=True))
    assert not {objects[c] for c in held} & {objects[c] for c in trained}
    assert {c: r for c, r in trained.items() if r == 0}.items() <= earlier.items()
    assert len(rows(tmp_path / "one/labels.csv")) == 121
    metrics = json.loads((tmp_path / "one/metrics.json").read_text())
    assert metrics["held_out"]["accuracy"] > 0.8
    assert metrics["held_out"]["number"] == len(held)
    assert (tmp_path / "one/round.png").stat().st_size > 1000


def test_the_same_in_whatever_order(pool, tmp_path):
    labels = given(pool)
    closed(pool, labels, tmp_path / "one")
    closed(pool, labels[::-1], tmp_path / "other")
    for path in sorted((tmp_path / "one").iterdir()):
        if path.name not in ("meta.json", SKOPS):  # the time; a zip's times
            assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name


def test_the_next_round_reads_it(pool, tmp_path):
    skipped = Label(pool["candid"][200].as_py(), "ZTF100", "skip", "t", "bob")
    closed(pool, [*given(pool), skipped], tmp_path / "one")
    found = before(tmp_path / "one", pool)
    assert skipped.candid in found.labelled
    assert len(found.labelled) == 121
    x = matrix(pool)
    assert found.p == pytest.approx(score(tmp_path / "one" / ONNX, x), abs=0)
    assert before(None, pool).p is None
    (tmp_path / "one" / ONNX).unlink()
    with pytest.raises(ValueError, match=r"model.onnx: is gone: put it back, or delete"):
        before(tmp_path / "one", pool)


@pytest.mark.parametrize("label", ["real", "skip"])
def test_one_class_makes_no_model_and_says_why(pool, tmp_path, label):
    labels = [Label(one.candid, one.object_id, label, "t", "ann") for one in given(pool, 40)]
    meta = closed(pool, labels, tmp_path / "one")
    assert meta["reason"].startswith("no model: ")
    assert not (tmp_path / "one" / ONNX).exists()
    assert before(tmp_path / "one", pool).p is None
    assert rows(tmp_path / "one/training_ids.csv") == []


@pytest.mark.parametrize("name", ALLOWED)
def test_onnx_says_what_the_classifier_says(name, pool, tmp_path):
    x = matrix(pool)
    y = (x[:, 2] > 0).astype(np.int64)
    model = fit(name, {}, x, y, 1)
    many = np.random.default_rng(2).normal(size=(20_000, x.shape[1])).astype(np.float32)
    many[::11, 3] = np.nan
    found = write_model(model, tmp_path, many)
    assert found.apart == 0
    mine = score(tmp_path / ONNX, many)
    assert np.quantile(np.abs(mine - probability(model, many)), 0.99999) <= AGREE


TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "numpy.dtype"]
"""What a reader has to allow beside what skops does by itself; nothing here runs code."""


def test_skops_are_read_without_pickle(pool, tmp_path):
    from skops.io import get_untrusted_types, load

    x = matrix(pool)
    model = fit(BOOSTED, {}, x, (x[:, 2] > 0).astype(np.int64), 1)
    write_model(model, tmp_path, x)
    assert set(get_untrusted_types(file=tmp_path / SKOPS)) <= set(TRUSTED)
    again = load(tmp_path / SKOPS, trusted=TRUSTED)
    assert probability(again, x) == pytest.approx(probability(model, x), abs=0)


@pytest.mark.parametrize(("rows", "apart", "good"), [
    (200, 0, True), (200, 1, True), (200, 2, False), (300_000, 3, True), (300_000, 4, False),
])  # fmt: skip
def test_an_alert_on_a_threshold_does_not_keep_a_round_open(rows, apart, good):
    """Counted in meta.json; one of any pool, or one in 100,000."""
    one = np.full(rows, 0.5)
    other = one.copy()
    other[:apart] = 0.9
    found = parity(one, other)
    assert found.apart == apart
    if good:
        check_parity(found)
    else:
        with pytest.raises(ValueError, match=f"for {apart} of {rows} alerts"):
            check_parity(found)


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\x08\x07" * 50])
def test_a_damaged_model_is_named(tmp_path, pool, content):
    (tmp_path / ONNX).write_bytes(content)
    with pytest.raises(ValueError, match=r"model.onnx: is no model of 21 features in ONNX"):
        score(tmp_path / ONNX, matrix(pool))


def test_other_classifiers_are_refused():
    assert class_name("sklearn.ensemble.RandomForestClassifier") == "RandomForestClassifier"
    for name in ("os.system", "sklearn.svm.SVC", "", "RandomForestClassifier.__init__"):
        with pytest.raises(ValueError, match="no classifier that can be kept"):
            class_name(name)
    with pytest.raises(ValueError, match=r"vra.rounds.classifier: .*unexpected keyword"):
        fit(BOOSTED, {"leaves": 3}, np.zeros((4, 21), np.float32), np.array([0, 1, 0, 1]), 1)


def test_few_samples_still_make_a_model():
    """scikit-learn's 20 samples a leaf would make a model of 30 constant."""
    random = np.random.default_rng(1)
    x = random.normal(size=(30, 21)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    assert leaf_samples(y) < 15
    assert np.unique(probability(fit(BOOSTED, {}, x, y, 1), x)).size > 1


def test_metrics_by_hand():
    candid = np.arange(4)
    y, p = np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.6, 0.1])
    found = metrics_of(candid, y, p, 1)
    assert found["accuracy"] == 0.75
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == 1
    assert found["f1"] == pytest.approx(0.8)
    assert found["recall_at_rank"] == [0.5, 0.5, 1, 1]
    assert found["area"] == 0.75
    assert metrics_of(candid, np.ones(4, np.int64), p, 1)["recall_at_rank"] is None
    assert metrics_of(candid[:0], y[:0], p[:0], 1)["reason"] == "no alert is labelled"
    assert metrics_of(candid, y, None, 1)["accuracy"] is None
    json.dumps(found, allow_nan=False)


def test_a_pool_of_nights(pool, tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(pool.slice(0, 200), tmp_path / "b.parquet")
    doubled = pool.slice(150).set_column(2, "object_id", pa.array(["X"] * 150))
    pq.write_table(doubled, tmp_path / "c.parquet")
    paths = [tmp_path / "c.parquet", tmp_path / "b.parquet"]
    found = read_pool(paths)
    assert found.equals(read_pool(paths[::-1]))
    assert found["candid"].to_pylist() == pool["candid"].to_pylist()
    assert found["object_id"].to_pylist()[150] == "X"  # of the later night
    assert np.isnan(matrix(found)[:, FEATURES.index("ebv")]).all()
    assert numbers_of(found["object_id"]).max() == 75
    with pytest.raises(ValueError, match="of no night"):
        read_pool([])
