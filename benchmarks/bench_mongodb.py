"""Alerts into a real MongoDB 6.0.5: a replica set of one, authentication on, three indexes.

Simulated ZTF packets, repeated under new names, each of an object of its own. What is timed
begins with the packets' columns: their documents, and writing both collections, acknowledged
from the journal. The client's CPU is that of this process, the server's that of mongod. Peers,
on the same packets and server: documents by `to_pylist` of the same columns, written in the
same batches by `insert_many`; and Kowalski's way, one alert at a time (insert, look, insert).
Its 14 indexes are not made: the peers have the same three.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from measure import Figure, figure
from pymongo import MongoClient

from pipeline.alerts.batch import Shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.alerts.surveys.registry import get_survey
from pipeline.archive.mongo.collections import Batch
from pipeline.archive.mongo.ingest import BATCH_ALERTS, Target, write_batches
from pipeline.archive.mongo.shapes import Joined, shaped
from pipeline.services.mongodb import Server
from pipeline.simulate.alerts import simulate_alerts

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/services"))
from mongod import DATABASE, Mongod

ZTF = get_survey("ztf")
PACKETS = 2000
PEER_BATCHES, PEER_SINGLE = 10_000, 2_000
INDEXES = (
    (("coordinates.radec_geojson", "2dsphere"), ("_id", 1)),
    (("objectId", 1),),
    (("candidate.jd", 1),),
)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """Of some alerts: wall and CPU seconds."""

    wall: float
    client: float
    server: float

    def ms(self, seconds: float, alerts: int) -> float:
        """Return milliseconds an alert."""
        return 1e3 * seconds / alerts


def run(quick: bool) -> list[Figure]:
    """Time ingestion.

    Parameters
    ----------
    quick : bool
        A tenth of the alerts.
    """
    number = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        tables = packet_tables(Path(folder))
        server = Mongod(Path(folder) / "mongod", replica_set=True, cache_gb=1.0).start()
        os.environ.update(server.environment("writer"))
        try:
            return _figures(server, tables, number)
        finally:
            server.remove()


def _figures(server: Mongod, tables: list[pa.Table], number: int) -> list[Figure]:
    target = Target(Server(server.uri, DATABASE), INDEXES)

    def ours() -> None:
        batches = (Batch.of(shaped(t, ZTF, Joined())) for t in renamed(tables, number))
        write_batches(batches, ZTF, target, number)

    write_batches([Batch.of(shaped(tables[0], ZTF, Joined()))], ZTF, target, 1)  # compiled, warm
    first = spent(server, ours)
    with server.client() as client:
        sizes = [
            client[DATABASE].command("collStats", name)["avgObjSize"]
            for name in ("ZTF_alerts", "ZTF_alerts_aux")
        ]
        assert client[DATABASE].ZTF_alerts.estimated_document_count() == number
    again = spent(server, ours, empty=False)
    some, single = min(number, PEER_BATCHES), min(number, PEER_SINGLE)
    with server.client("writer") as client:
        lists = spent(server, lambda: _by_lists(client, renamed(tables, some)))
        one = spent(server, lambda: _one_by_one(client, renamed(tables, single)))
    note = f"alert {sizes[0] / 1e3:.1f} kB, object {sizes[1] / 1e3:.1f} kB"
    ms = "ms CPU/alert"
    return [
        figure(
            f"{number:.0e} alerts and their objects", number / first.wall, "alerts/s",
            peer=some / lists.wall, goal=4000, note=f"peer: to_pylist and insert_many; {note}",
        ),
        figure(
            "client", first.ms(first.client, number), ms,
            peer=lists.ms(lists.client, some), goal=0.15, note="the same peer",
        ),
        figure(
            "client and server", first.ms(first.client + first.server, number), ms,
            peer=one.ms(one.client + one.server, single), note="peer: one alert at a time",
        ),
        figure(
            "the same again: nothing changes", number / again.wall, "alerts/s",
            peer=single / one.wall, note="peer: one alert at a time, new ones",
        ),
    ]  # fmt: skip


def packet_tables(folder: Path) -> list[pa.Table]:
    """Return the columns of simulated packets, in tables as a shard's batches have them."""
    simulate_alerts(folder, PACKETS, 7, "20260101", format_="tarball")
    dump = next(folder.glob("*.tar.gz"))
    part, index = folder / "part", folder / "index"
    index_part(dump, ZTF, Part(0, 1), part, folder / "spool", None)
    merge_index([part], dump, index)
    batches = Shard.load(index, 0, 1).batches(ZTF, BATCH_ALERTS)
    return [part.documents.table for batch in batches for part in batch.parts]


def renamed(tables: list[pa.Table], number: int) -> Iterator[pa.Table]:
    """Yield as many alerts, each a new one of a new object."""
    made = 0
    while made < number:
        for table in tables:
            rows = min(table.num_rows, number - made)
            names = pa.array(range(made, made + rows))
            part = table.slice(0, rows)
            fields = {
                "_id": names,
                "candid": names,
                "objectId": pc.binary_join_element_wise(
                    part["objectId"].combine_chunks(), names.cast(pa.string()), ""
                ),
            }
            for name, array in fields.items():
                part = part.set_column(part.column_names.index(name), name, array)
            made += rows
            if rows:
                yield part


def spent(server: Mongod, work: Callable[[], None], empty: bool = True) -> Spent:
    """Return what some work costs, on an empty database or on what is there."""
    if empty:
        with server.client() as client:
            client.drop_database(DATABASE)
    before, wall, cpu = server_cpu(server), time.monotonic(), time.process_time()
    work()
    spent_here = time.process_time() - cpu
    return Spent(time.monotonic() - wall, spent_here, server_cpu(server) - before)


def server_cpu(server: Mongod) -> float:
    """Return the CPU seconds that a server has spent so far."""
    text = Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()
    return (int(text[11]) + int(text[12])) / TICKS


def _documents(table: pa.Table) -> Iterator[tuple[dict, dict]]:
    """Yield an alert's two documents, as brokers make them of a packet."""
    for packet in table.to_pylist():
        aux = {"_id": packet["objectId"], "cross_matches": {}}
        for name in ("prv_candidates", "fp_hists"):
            items = packet.pop(name, None) or []
            aux[name] = [{k: v for k, v in i.items() if v is not None} for i in items]
        yield packet, aux


def _indexed(client: MongoClient) -> tuple:
    alerts, aux = client[DATABASE].ZTF_alerts, client[DATABASE].ZTF_alerts_aux
    for keys in INDEXES:
        alerts.create_index(list(keys))
    return alerts, aux


def _by_lists(client: MongoClient, tables: Iterator[pa.Table]) -> None:
    alerts, aux = _indexed(client)
    for table in tables:
        pairs = list(_documents(table))
        aux.insert_many([pair[1] for pair in pairs], ordered=False)
        alerts.insert_many([pair[0] for pair in pairs], ordered=False)


def _one_by_one(client: MongoClient, tables: Iterator[pa.Table]) -> None:
    alerts, aux = _indexed(client)
    for table in tables:
        for alert, of_object in _documents(table):
            if alerts.count_documents({"candid": alert["_id"]}, limit=1) == 0:
                alerts.insert_one(alert)
            if aux.count_documents({"_id": of_object["_id"]}, limit=1) == 0:
                aux.insert_one(of_object)


if __name__ == "__main__":
    from measure import markdown

    print(markdown(run(quick="--quick" in sys.argv)))
