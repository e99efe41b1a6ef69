"""Nights for tests: written in some form, indexed and decoded."""

import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from packets import container

from pipeline.alerts.batch import Shard
from pipeline.alerts.counts import summarise_night
from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.alerts.surveys.registry import get_survey

ZTF = get_survey("ztf")


def build_index(dump, survey, index, spool, schemas=None, parts=1):
    """Index a dump as the workflow does, in some parts; return what is in it."""
    files = [Path(f"{index}.{k}") for k in range(parts)]
    for k, file in enumerate(files):
        part = Part(k, parts)
        index_part(Path(dump), survey, part, file, Path(f"{spool}.{k}"), schemas)
    return merge_index(files, Path(dump), Path(index))


def run(tmp_path, dump, shards=1, parts=1, schemas=None, history="all"):
    """Index and decode a dump; return its tables and counts."""
    out = tmp_path / f"out{shards}-{parts}" / ("" if history == "all" else history)
    index, spool = out / "index.parquet", out / "spool.bin"
    found = build_index(dump, ZTF, index, spool, schemas, parts)
    counts, tables = [], {"alerts": [], "history": [], "rejected": []}
    for k in range(shards):
        files = {name: out / f"{name}{k}.parquet" for name in tables}
        decode_shard(index, ZTF, k, shards, ShardFiles(**files, counts=out / f"{k}.json"), history)
        counts.append(out / f"{k}.json")
        for name, path in files.items():
            tables[name].append(pq.read_table(path))
    total = summarise_night(counts, out / "night.json")
    assert total["read"] == sum(found.values())
    return {name: pa.concat_tables(parts) for name, parts in tables.items()}, total


def write_results(directory, packets, night="20180201"):
    """Write a night of ZTF's as a run of the workflow leaves it, with one shard."""
    dump = {f"{one['candid']}.avro": container([one]) for one in packets}
    index = directory / f"results/packets/ztf/{night}/index.parquet"
    index.parent.mkdir(parents=True)
    folder = write_folder(directory / "dump" / night, dump)
    build_index(folder, ZTF, index, directory / f"spool-{night}")
    (batch,) = Shard.load(index, 0, 1).batches(ZTF)
    for name, table in (("alerts", batch.alerts), ("history", batch.history)):
        write_shard(directory, name, table, night)


def write_shard(directory, name, table, night="20180201"):
    path = directory / f"results/{name}/ztf/{night}/0000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)


def sorted_rows(table, *keys):
    return table.sort_by([(key, "ascending") for key in keys]).to_pylist()


def write_folder(folder, contents):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def write_tar(path, contents, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
