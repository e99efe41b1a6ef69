"""Learning against random sampling on real alerts with proxy labels, 20 seeds."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.vra.bench.campaign import Campaign, run_campaign
from pipeline.vra.bench.curves import curves
from pipeline.vra.bench.oracle import read_oracle
from pipeline.vra.bench.picture import write_picture
from pipeline.vra.features_table import FEATURES
from pipeline.vra.light_curve_features import SIX
from pipeline.vra.rounds.class_maps import class_map

pytest.importorskip("sklearn", reason="the extra vra")
pytestmark = pytest.mark.real
SEEDS = 20
FOREST = "sklearn.ensemble.RandomForestClassifier"
PICTURE = os.environ.get("NIGHTMILL_BENCH_PICTURE")
"""Where to write what docs/images/assistant-bench.png shows."""


def pool(shared: Path) -> pa.Table:
    """Return the reference's features with the true ones of the r band."""
    table = pq.read_table(shared / "reference/vra/features.parquet")
    columns = {name: table[name] for name in FEATURES}
    columns |= {f"{name}r_": table[f"{name}_r_true"] for name in SIX}
    of = {"candid": table["candid"].cast(pa.int64()), "object_id": table["objectId"]}
    return pa.table(of | columns)


def test_learning_beats_random_at_equal_labels(shared):
    """What a person has of the pool, of the same seeds: more in all rounds together, and at the end
    with bands that lie apart."""
    alerts, oracle = pool(shared), read_oracle(shared / "data/vra/proxy_labels.csv")
    found = []
    for strategy in ("random", "uncertainty", "diverse"):
        for seed in range(SEEDS):
            how = Campaign(strategy, 10, 5, 8, 1, 0.2, class_map("gal"), FOREST, {}, 42 + seed)
            rounds = run_campaign(alerts, oracle, how)
            found.append({"strategy": strategy, "size": 5, "seed": seed, "rounds": rounds})
    recall = {
        strategy: np.array([
            [one["recall"] for one in campaign["rounds"]][1:]
            for campaign in found if campaign["strategy"] == strategy
        ], float)
        for strategy in ("random", "uncertainty", "diverse")
    }  # fmt: skip
    for strategy in ("uncertainty", "diverse"):
        gain = np.mean(recall[strategy] - recall["random"], axis=1)
        sigma = gain.std(ddof=1) / np.sqrt(SEEDS)
        print(f"{strategy}: {gain.mean():+.3f} ± {sigma:.3f}")
        assert gain.mean() > 2 * sigma
    low, high = (
        np.percentile(recall["uncertainty"][:, -1], 16),
        np.percentile(recall["random"][:, -1], 84),
    )
    assert low > high
    if PICTURE:
        write_picture(curves(found), 0.9, "151 real alerts, random forest", Path(PICTURE))
