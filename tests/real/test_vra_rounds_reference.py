"""Rounds on real alerts with proxy labels, against those of the assistant's upstream.

Of the 216 labelled alerts the reference has the features of 151. So what does not depend on
features is compared exactly, and what the last rounds are worth on the others about.
"""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.vra.features_table import FEATURES
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.classifiers import fit, probability

pytestmark = pytest.mark.real
UPSTREAMS = {"min_samples_leaf": 20}
ORDERS = {"arrival": np.arange(216), "shuffled_rng42": np.random.default_rng(42).permutation(216)}


@pytest.mark.parametrize("name", ORDERS)
def test_rounds_are_about_upstreams(shared, name):
    labels = pd.read_csv(shared / "data/vra/proxy_labels.csv", dtype={"candid": "int64"})
    features = pd.read_parquet(shared / "reference/vra/features.parquet")
    told = json.loads((shared / f"reference/vra/rounds_{name}.json").read_text())
    known = labels.candid.isin(features.index).to_numpy()
    assert (len(labels), known.sum()) == (216, 151)
    x = features.reindex(labels.candid)[list(FEATURES)].to_numpy(np.float32)
    y = labels.label.map(class_map("gal")).to_numpy(np.int64)
    place = {candid: n for n, candid in enumerate(labels.candid)}
    trained = list(ORDERS[name][:30])
    for n, round_ in enumerate(told):
        assert round_["n_train"] == len(trained)
        model = fit(BOOSTED, UPSTREAMS, x[trained], y[trained], 42)
        rest = np.setdiff1d(np.flatnonzero(known), trained)
        p = probability(model, x[rest])
        if n == 0:  # less than 40 samples: constant, and everything ties
            assert [p.min(), p.max()] == pytest.approx(round_["prob_minmax"], abs=1e-12)
            right = (probability(model, x[trained]) > 0.5) == (y[trained] == 1)
            assert right.mean() == pytest.approx(round_["train_accuracy"], abs=1e-12)
        trained += [place[candid] for candid in round_["selected_next"]]
    accuracy = ((p > 0.5) == (y[rest] == 1)).mean()
    assert accuracy == pytest.approx(round_["pool_accuracy(all labelled pool)"], abs=0.07)
