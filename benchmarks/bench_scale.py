"""A night of Rubin's size: the index in parts, a shard's read of it, memory of each job.

Packets are simulated, without stamps for ZTF, with full histories for Rubin. Each job runs in a
process of its own, as in the workflow, and twice: what loading compiled code costs does not count.
CPU seconds are compared, as parts that run side by side on a shared machine say little. The peer
of reading packets is fastavro, to dicts.
"""

import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
from measure import Figure, cpu, figure

from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.index_table import INDEX_SCHEMA, IndexPart, load_index
from pipeline.alerts.parts import Part
from pipeline.alerts.surveys.registry import get_survey
from pipeline.simulate.alerts import simulate_alerts

NIGHT = "20260309"


def run(quick: bool) -> list[Figure]:
    """Time indexing, merging, reading an index, and decoding.

    Parameters
    ----------
    quick : bool
        A tenth of the packets and rows.
    """
    scale = 1 if quick else 10
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for survey, number, goals in (
            ("ztf", 1200 * scale, (0.06, None)),
            ("lsst", 60 * scale, (1.3, 2.7)),
        ):
            rows += _packets(folder / survey, survey, number, goals)
        rows += _large_index(folder, 1_000_000 * scale)
    return rows


def _packets(
    folder: Path, survey: str, number: int, goals: tuple[float | None, float | None]
) -> list[Figure]:
    stamps = survey == "lsst"
    dump = simulate_alerts(
        folder / "night", number, 1, NIGHT, format_="container", survey=survey, stamps=stamps
    )
    files = sorted(dump.glob("*.avro")) if dump.is_dir() else [dump]
    for copy in range(4):  # of the same packets: an index takes as long for duplicates
        for file in files:
            (folder / "dump").mkdir(exist_ok=True)
            (folder / "dump" / f"{copy}{file.name}").hardlink_to(file)
    peer = cpu(lambda: [None for f in files for _ in fastavro.reader(f.open("rb"))])[0] / number
    found = {n: [_apart(_part, folder, survey, k, n) for k in range(n)] for n in (1, 2, 8)}
    one = found[1][0][0]
    merged = _apart(_merge, folder, 8)
    decoded, memory = _apart(_decode, folder, survey)
    unit = "CPU ms/packet"
    longest = {n: max(seconds for seconds, _ in found[n]) for n in found}
    most = {n: max(memory for _, memory in found[n]) for n in found}
    return [
        figure(
            f"{survey}: index of containers", one / number / 4 * 1e3, unit, peer=peer * 1e3,
            goal=goals[0], note=f"{4 * number} packets; {most[1]:.2f} GB",
        ),
        *(
            figure(
                f"{survey}: the longest of {n} parts", longest[n] / one * n, "x",
                goal=1.25, note=f"of its share of one part's time; {most[n]:.2f} GB",
            )
            for n in (2, 8)
        ),
        figure(f"{survey}: merge", merged[0] / number / 4 * 1e3, unit, note=f"{merged[1]:.2f} GB"),
        figure(
            f"{survey}: decode", decoded / number * 1e3, unit, peer=peer * 1e3, goal=goals[1],
            note="a shard with all alerts",
        ),
        figure(f"{survey}: peak memory of decode", memory, "GB", goal=1.0),
    ]  # fmt: skip


def _large_index(folder: Path, rows: int) -> list[Figure]:
    """Time the merge of an index, and one of 1,000 shards' read of it."""
    _apart(_write_parts, folder, rows)
    merged, memory = _apart(_merge, folder, 8)
    read, memory_of_read = _apart(_read_shard, folder)
    return [
        figure(f"merge of {rows:.0e} rows", merged, "CPU s", note=f"{memory:.2f} GB"),
        figure(f"a shard's read of {rows:.0e} rows", read, "CPU s", goal=0.3, note="of 1,000"),
        figure("its peak memory", memory_of_read, "GB", goal=0.3),
    ]


def _apart(job: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Return a job's CPU seconds, without its imports, and its peak memory [GB]."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, job, arguments).result()


def _measured(job: Callable[..., object], arguments: tuple) -> tuple[float, float]:
    seconds = cpu(lambda: job(*arguments), 2)[0]
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _part(folder: Path, survey: str, number: int, of: int) -> None:
    index_part(
        folder / "dump", get_survey(survey), Part(number, of),
        folder / f"{number}.parquet", folder / f"{number}.bin",
    )  # fmt: skip


def _merge(folder: Path, parts: int) -> None:
    merge_index([folder / f"{k}.parquet" for k in range(parts)], folder, folder / "index.parquet")


def _decode(folder: Path, survey: str) -> None:
    names = ("alerts", "history", "rejected", "counts")
    files = ShardFiles(*(folder / name for name in names))
    decode_shard(folder / "index.parquet", get_survey(survey), 0, 1, files)


def _read_shard(folder: Path) -> None:
    load_index(folder / "index.parquet", 37, 1000)


def _write_parts(folder: Path, rows: int) -> None:
    """Write eight parts of an index with random keys."""
    rng = np.random.default_rng(1)
    number = rows // 8
    for k in range(8):
        zeros = np.zeros(number, np.int32)
        name = pa.DictionaryArray.from_arrays(zeros, [f"night/{k}.avro"])
        columns = {
            "source": name, "position": np.arange(number), "file": name,
            "offset": np.arange(number) * 50_000, "length": np.full(number, 50_000),
            "row": pa.nulls(number, pa.int32()), "schema": zeros,
            "candid": np.arange(number) + k * number,
            "key": rng.integers(0, 2**32, number, dtype=np.uint32),
            "status": np.zeros(number, np.uint8), "reason": pa.nulls(number, pa.string()),
        }  # fmt: skip
        IndexPart(pa.table(columns, schema=INDEX_SCHEMA), ["{}"], {}, "").write(
            folder / f"{k}.parquet"
        )
