"""50 filters on alerts of ZTF, and a night from packets to candidates: CPU of one process.

The filters are those of ``config/filters``, repeated under other names; where ``../shared`` lies
beside the project, its 45 filters of brokers' users. Simulated packets are repeated under other
candids. What is timed begins with documents of the fields that the filters read: the broker's
own stages, loading, and all filters. Peer, in the same run: MongoDB 6.0.5 with the packets'
documents, the broker's stages written out once (``$out``), then an aggregate a filter; CPU of
the server, on fewer alerts, by alert.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import night_jobs
import pyarrow as pa
from bench_alerts import _catalogs, _models
from bench_mongodb import server_cpu
from measure import Figure, cpu, figure

from pipeline.alerts.batch import Shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import connect
from pipeline.filters.evaluate import load, passing
from pipeline.filters.filter import Filter
from pipeline.filters.filter_file import read_file
from pipeline.filters.narrow import narrowed
from pipeline.filters.run import Seen, names_needed, run_filters, told_what_null_means
from pipeline.filters.shard import ShardInputs, ShardOutputs, filter_shard
from pipeline.filters.upstream import shape_of, stages, upstream
from pipeline.simulate.alerts import simulate_alerts

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/services"))
from mongod import DATABASE, Mongod

ROOT = Path(__file__).parents[1]
THEIRS = ROOT.parent / "shared/reference/filters/filters.json"
FILTERS, NIGHT_FILTERS = 50, 25
PACKETS, PEER, TOGETHER, TIMES = 2000, 5000, 50_000, 3
NIGHT = "20260101"
ZTF = night_jobs.ZTF


@dataclass
class _Packets:
    """Simulated packets: their documents, whole and with what filters read."""

    whole: list[Seen]
    few: list[Seen]

    @property
    def number(self) -> int:
        return sum(one.documents.num_rows for one in self.few)


def run(quick: bool) -> list[Figure]:
    """Time filters, and a night.

    Parameters
    ----------
    quick : bool
        A tenth of the alerts.
    """
    alerts, packets = (10_000, 240) if quick else (100_000, 2400)
    chosen = _filters(FILTERS)
    with tempfile.TemporaryDirectory() as folder:
        seen = _packets(Path(folder), chosen)
        served = _mongodb(Path(folder) / "mongod", seen.whole, chosen) * alerts
        plain, told = _ours(seen, chosen, alerts)
        return [
            figure(
                f"{FILTERS} filters x {alerts:.0e} alerts, who passes", plain, "CPU s",
                peer=served, goal=8e-5 * alerts, note=f"peer: MongoDB's server, {PEER} alerts",
            ),
            figure(
                "the same, with the failing condition of each verdict", told, "CPU s",
                peer=served, goal=16e-5 * alerts, note="the same peer, which gives none",
            ),
            _night(Path(folder) / "night", packets),
        ]  # fmt: skip


def _filters(number: int) -> list[Filter]:
    """Return filters that are translated, under other names until there are so many."""
    files = [THEIRS] if THEIRS.exists() else sorted((ROOT / "config/filters").glob("*.yaml"))
    stored = [one.filter for path in files for one in read_file(path) if one.filter.pipeline]
    names = [replace(one, name=f"{one.name}_{k}") for k in range(number) for one in stored]
    return names[:number]


def _packets(folder: Path, filters: list[Filter]) -> _Packets:
    simulate_alerts(folder / "data", PACKETS, 7, NIGHT, format_="tarball")
    dump = next((folder / "data").glob("*.tar.gz"))
    index_part(dump, ZTF, Part(), folder / "part", folder / "spool", None)
    merge_index([folder / "part"], dump, folder / "index")
    found = _Packets([], [])
    for batch in Shard.load(folder / "index", 0, 1).batches(ZTF):
        own = {"alerts": batch.alerts.select(["candid", "object_id", "jd"])}
        for part in batch.documents:
            whole = Seen("ztf", part.table, own, (), True)
            names = names_needed("ztf", part.table.schema, filters)
            found.whole.append(whole)
            found.few.append(replace(whole, documents=narrowed(part.table, names)))
    return found


def _ours(seen: _Packets, filters: list[Filter], alerts: int) -> tuple[float, float]:
    """Return CPU seconds without and with reasons: of three times the fastest.

    A virtual machine's memory is dear when it is touched for the first time: 2 s a gigabyte.
    """
    plain = told = 0.0
    for some in _repeated(seen, alerts):
        plain += cpu(lambda some=some: _passing(some, filters), TIMES)[0]
        told += cpu(lambda some=some: [None for _ in run_filters(some, filters)], TIMES)[0]
    return plain, told


def _passing(seen: Seen, filters: list[Filter]) -> None:
    for permissions in {one.permissions for one in filters}:
        documents = upstream(seen.documents, shape_of("ztf"), permissions)
        schema = told_what_null_means(documents.schema)
        with connect() as connection:
            load(connection, documents)
            for one in filters:
                with suppress(Refused):
                    if one.permissions == permissions:
                        passing(connection, parse_pipeline(one.pipeline), schema)


def _repeated(seen: _Packets, alerts: int) -> Iterator[Seen]:
    """Yield so many alerts, each with a candid of its own."""
    done = again = 0
    while done < alerts:
        more: list[Seen] = []
        rows = 0
        while rows < min(TOGETHER, alerts - done):
            again += 1
            more += [_renumbered(one, again) for one in seen.few]
            rows += seen.number
        done += rows
        yield Seen.joined(more)


def _renumbered(seen: Seen, more: int) -> Seen:
    tables = {name: _other_names(table, more) for name, table in seen.tables.items()}
    return replace(seen, documents=_other_names(seen.documents, more), tables=tables)


def _other_names(table: pa.Table, more: int) -> pa.Table:
    for name in {"_id", "candid"} & set(table.column_names):
        at = table.schema.get_field_index(name)
        numbers = pa.array(table[name].to_numpy() + more)
        table = table.set_column(at, table.schema.field(at), numbers)
    return table


def _mongodb(folder: Path, seen: list[Seen], filters: list[Filter]) -> float:
    """Return CPU seconds of a MongoDB server for an alert."""
    server = Mongod(folder, cache_gb=1.0).start()
    try:
        with server.client() as client:
            database = client[DATABASE]
            for more in range(PEER // PACKETS + 1):
                for one in seen:
                    database.alerts.insert_many(_other_names(one.documents, more).to_pylist())
            alerts = database.alerts.estimated_document_count()
            before = server_cpu(server)
            for permissions in {one.permissions for one in filters}:
                database.alerts.aggregate([*stages(permissions), {"$out": "seen"}])
                for one in filters:
                    if one.permissions == permissions:
                        list(database.seen.aggregate(parse_pipeline(one.pipeline)))
            return (server_cpu(server) - before) / alerts
    finally:
        server.remove()


def _night(folder: Path, packets: int) -> Figure:
    """Return how many alerts a second go all the way, on two cores."""
    simulate_alerts(folder / "containers", packets, 1, NIGHT, format_="container")
    simulate_alerts(folder / "night", packets, 1, NIGHT, format_="tarball")  # its stars
    _models(folder)
    _catalogs(folder)
    out = folder / "out"
    out.mkdir()
    seconds = night_jobs.main(folder / "containers", folder, 1, out)
    outputs = ShardOutputs(*(out / name for name in ("candidates", "verdicts", "filtered")))
    inputs = ShardInputs(out / "index.parquet", (0, 1), out / "scores0", out / "matches0")
    chosen = _filters(NIGHT_FILTERS)
    started = time.process_time()
    filter_shard(inputs, ZTF, chosen, outputs)
    whole = sum(seconds.values()) + time.process_time() - started
    return figure(
        "packets to candidates, on two cores", 2 * packets / whole, "alerts/s", goal=450,
        note=f"{packets} packets, six models, three catalogues, {NIGHT_FILTERS} filters",
    )  # fmt: skip


if __name__ == "__main__":
    os.chdir(ROOT)
    for row in run("--quick" in sys.argv):
        print(row)
