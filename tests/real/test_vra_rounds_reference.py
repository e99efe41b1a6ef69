"""Rounds on 488 real alerts with proxy labels, against those of the assistant's upstream."""

import json

import numpy as np
import pandas as pd
import pytest

from pipeline.vra.features_table import FEATURES
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.classifiers import BOOSTED, fit, probability
from pipeline.vra.rounds.strategies import Pool, choose, uncertainty

pytestmark = pytest.mark.real
UPSTREAMS = {"min_samples_leaf": 20}
SIZE = 10


def labelled(shared):
    """Return features and classes of the labelled alerts, in the order of the labels."""
    labels = pd.read_csv(shared / "data/vra/proxy_labels.csv").set_index("candid")
    features = pd.read_parquet(shared / "reference/vra/features.parquet")
    y = labels.label.map(class_map("gal"))
    return features.loc[labels.index, list(FEATURES)].to_numpy(np.float32), y.to_numpy(np.int64), (
        labels.index.to_numpy()
    )  # fmt: skip
