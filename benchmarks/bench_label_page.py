"""The labelling page: how long until the next alert is there.

Wall time of one answer of `nightmill label --web` over HTTP on loopback: the label is written and
synced to the disk, the next alert's light curve, stamps and tables are HTML. Medians and the
slowest of 40, with 5,000 labels in the folder and half a second between two keys; once more
without a pause, when nothing could be prepared ahead. No peer: finkvra's notebook has no timing.
"""

import http.client
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import night_jobs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import Figure, figure

from pipeline.alerts.batch import Shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.notebook import Results
from pipeline.show.web.desk import Desk
from pipeline.show.web.server import LabelServer
from pipeline.simulate.alerts import simulate_alerts
from pipeline.vra.labels.claims import Claims
from pipeline.vra.labels.lines import line_of, now
from pipeline.vra.labels.session import Asked, Session
from pipeline.vra.labels.store import append_lines

NIGHT, PACKETS, LABELS, ASKED = "20260101", 2000, 5000, 40
PAUSE_S = 0.5
GOAL_MS = 50


def run(quick: bool) -> list[Figure]:
    """Time answers.

    Parameters
    ----------
    quick : bool
        A tenth of the packets and labels.
    """
    share = 0.1 if quick else 1.0
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        alerts = _night(directory, int(PACKETS * share))
        labels = (line_of(n, f"o{n}", "real", now()) for n in range(int(LABELS * share)))
        append_lines(directory / "labels", "bob", labels)
        paused = _answers(directory, alerts[:ASKED], PAUSE_S)
        hurried = _answers(directory, alerts[ASKED : 2 * ASKED], 0.0)
    return [_told("next alert", paused, GOAL_MS), _told("next alert, without a pause", hurried)]


def _told(name: str, seconds: list[float], goal: float | None = None) -> Figure:
    slowest = f"the slowest {1e3 * max(seconds):.1f} ms"
    return figure(name, 1e3 * float(np.median(seconds)), "ms", goal=goal, note=slowest)


def _night(directory: Path, packets: int) -> list[Asked]:
    """Write a night's index and tables; return its alerts."""
    simulate_alerts(directory / "data", packets, 7, NIGHT, format_="tarball")
    dump = next((directory / "data").glob("*.tar.gz"))
    index = directory / f"results/packets/ztf/{NIGHT}/index.parquet"
    index.parent.mkdir(parents=True)
    index_part(dump, night_jobs.ZTF, Part(), directory / "part", directory / "spool", None)
    merge_index([directory / "part"], dump, index)
    batches = list(Shard.load(index, 0, 1).batches(night_jobs.ZTF))
    for name in ("alerts", "history"):
        path = directory / f"results/{name}/ztf/{NIGHT}/0000.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.concat_tables([getattr(batch, name) for batch in batches]), path)
    rows = pa.concat_tables([b.alerts.select(["candid", "object_id"]) for b in batches])
    return [Asked("ztf", row["candid"], row["object_id"]) for row in rows.to_pylist()]


def _answers(directory: Path, alerts: list[Asked], pause: float) -> list[float]:
    """Return how long each answer took [s]."""
    with Claims(directory / "labels") as claims:
        session = Session(directory / "labels", "ann", alerts, "bench", 0.0, claims)
        desk = Desk(session, Results(directory, "arrow"), "bench", "labels")
        with LabelServer(desk) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            taken = list(_label_all(server, pause))
            server.shutdown()
            thread.join()
        desk.close()
    return taken


def _label_all(server: LabelServer, pause: float):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)

    def ask(method: str, what: str, body: str | None = None) -> dict:
        connection.request(
            method, f"/{server.token}/{what}", body, {"Content-Type": "application/json"}
        )
        return json.loads(connection.getresponse().read())

    view = ask("GET", "next")
    while view["candid"] is not None:
        time.sleep(pause)
        body = json.dumps({"candid": view["candid"], "label": "real"})
        began = time.perf_counter()
        view = ask("POST", "label", body)
        yield time.perf_counter() - began


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    for row in run("--quick" in sys.argv):
        print(row)
