"""The assistant: features, the scores of a pool, whom to ask about, the end of a round.

CPU seconds of one process. The pool has a million alerts of three to an object, 21 features at
random and a model of 5,000 labels. Peer of its scores: scikit-learn's own classifier, one
thread, in the same run. The features are of simulated packets, repeated under other candids;
finkvra's own way has no peer here, since the package that it takes them from is under the GPL:
4.6 ms a row was measured, 27 ms is in its log.
"""

import os
import sys
import tempfile
from pathlib import Path

import night_jobs
import numpy as np
import pyarrow as pa
from measure import Figure, cpu, figure

from pipeline.alerts.batch import Shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.simulate.alerts import simulate_alerts
from pipeline.vra.features import feature_rows
from pipeline.vra.features_table import FEATURES
from pipeline.vra.labels.lines import Label
from pipeline.vra.labels.store import Labels
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.class_maps import class_map
from pipeline.vra.rounds.classifiers import fit, probability
from pipeline.vra.rounds.closing import Learning, close_round
from pipeline.vra.rounds.model_files import ONNX, score, write_model
from pipeline.vra.rounds.pool import matrix
from pipeline.vra.rounds.worklist import Asking, worklist

NIGHT, PACKETS, TIMES = "20260101", 2000, 3
LABELS, ASKED = 5000, 1000
ROWS_COMPARED = 10_000


def run(quick: bool) -> list[Figure]:
    """Time features and rounds.

    Parameters
    ----------
    quick : bool
        A tenth of the alerts.
    """
    share = 0.1 if quick else 1.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        return [_features(path, int(1e5 * share)), *_rounds(path, int(1e6 * share))]


def _features(folder: Path, rows: int) -> Figure:
    simulate_alerts(folder / "data", PACKETS, 7, NIGHT, format_="tarball")
    dump = next((folder / "data").glob("*.tar.gz"))
    index_part(dump, night_jobs.ZTF, Part(), folder / "part", folder / "spool", None)
    merge_index([folder / "part"], dump, folder / "index")
    batches = list(Shard.load(folder / "index", 0, 1).batches(night_jobs.ZTF))
    repeats = -(-rows // sum(batch.alerts.num_rows for batch in batches))
    alerts, history = (
        pa.concat_tables([_renumbered(t, k) for k in range(repeats) for t in tables])
        for tables in ([b.alerts for b in batches], [b.history for b in batches])
    )
    seconds, _ = cpu(lambda: feature_rows(alerts, history, night_jobs.ZTF), TIMES)
    return figure(
        "21 features", 1e3 * seconds / alerts.num_rows, "ms CPU/alert", goal=0.1,
        note=f"{alerts.num_rows} alerts, {history.num_rows / alerts.num_rows:.0f} earlier "
        "measurements each; upstream 4.6 to 27",
    )  # fmt: skip


def _renumbered(table: pa.Table, more: int) -> pa.Table:
    at = table.schema.get_field_index("candid")
    return table.set_column(at, table.schema.field(at), pa.array(table["candid"].to_numpy() + more))


def _rounds(folder: Path, rows: int) -> list[Figure]:
    pool = _pool(rows)
    x = matrix(pool)
    y = (x[:LABELS, 2] > 0).astype(np.int64)
    model = fit(BOOSTED, {}, x[:LABELS], y, 42)
    write_model(model, folder, x[:ROWS_COMPARED])
    scores, p = cpu(lambda: score(folder / ONNX, x), TIMES)
    theirs, _ = cpu(lambda: probability(model, x))
    found = [
        figure(f"uncertainty of a pool of {rows:.0e}", scores, "CPU s", goal=5, peer=theirs,
               note="by ONNX Runtime; peer: scikit-learn"),
    ]  # fmt: skip
    for strategy, goal in (("uncertainty", None), ("diverse", 30)):
        asking = Asking(strategy, ASKED, 1, 0.2, 42, 1)
        seconds, _ = cpu(lambda asking=asking: worklist(pool, p, (), asking))
        name = f"{ASKED} of {rows:.0e} by {strategy}"
        found.append(figure(name, seconds, "CPU s", goal=goal, note="a worklist"))
    labels = [
        Label(n, f"ZTF{n // 3}", "real" if y[n] else "bogus", f"{n:06}", "ann")
        for n in range(LABELS)
    ]
    how = Learning("bench", 1, "uncertainty", class_map("real"), BOOSTED, {}, 0.2, 42)
    (folder / "closed").mkdir()
    night = pool.slice(0, 50_000)
    seconds, _ = cpu(lambda: close_round(night, Labels(labels), {}, how, folder / "closed"))
    note = f"a pool of {night.num_rows}: model, ONNX compared on all of it, metrics, picture"
    return [
        *found,
        figure(f"closing a round of {LABELS} labels", seconds, "CPU s", goal=5, note=note),
    ]


def _pool(rows: int) -> pa.Table:
    x = np.random.default_rng(1).normal(size=(rows, len(FEATURES))).astype(np.float32)
    of = {
        "survey": pa.array(["ztf"] * rows),
        "candid": np.arange(rows),
        "object_id": [f"ZTF{n // 3}" for n in range(rows)],
    }
    return pa.table(of | {name: x[:, k] for k, name in enumerate(FEATURES)})


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    for row in run("--quick" in sys.argv):
        print(row)
