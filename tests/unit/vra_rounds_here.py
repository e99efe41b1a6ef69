"""Closed rounds of an experiment on disk, without a workflow."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.vra.features_table import FEATURES
from pipeline.vra.labels.store import append, read
from pipeline.vra.places import CLOSED, WORKLIST, round_name
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.closing import Learning, close_round

EXPERIMENT = "e"
NUMBER = 200


def pool() -> pa.Table:
    """Return alerts of which drb alone says what they are."""
    random = np.random.default_rng(1)
    columns = {"candid": range(NUMBER), "object_id": [f"o{n}" for n in range(NUMBER)]}
    values = {name: random.normal(size=NUMBER).astype(np.float32) for name in FEATURES}
    return pa.table({**columns, **values})


def close_rounds(directory: Path, numbers: range, one_class: bool = False) -> None:
    """Label forty alerts a round, and close it."""
    alerts = pool()
    drb = alerts["drb"].to_pylist()
    for number in numbers:
        for n in range(number * 40, number * 40 + 40):
            label = "real" if drb[n] > 0 or one_class else "bogus"
            append(directory / "labels", "ann", n, f"o{n}", label)
        place = {"experiment": EXPERIMENT, "round": round_name(number)}
        folder = directory / CLOSED.format(**place)
        folder.mkdir(parents=True)
        (directory / WORKLIST.format(**place)).touch()
        strategy = "uncertainty" if number else "random"
        how = Learning(EXPERIMENT, number, strategy, class_map("real"), BOOSTED, {}, 0.2, 42)
        close_round(alerts, read(directory / "labels"), {}, how, folder)
