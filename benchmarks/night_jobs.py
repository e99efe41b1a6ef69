"""The jobs of a night in one process, by whatever version of the package PYTHONPATH names.

    python night_jobs.py DUMP FOLDER SHARDS

DUMP has packets of ZTF; FOLDER has networks (``*.onnx``) and sorted catalogues (``stores/*``).
Prints the CPU seconds of index, decode, score and match as JSON, of their second run: what
compiling and loading costs does not count.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.crossmatch.domain import Catalog, cones
from pipeline.crossmatch.shard import match_shard
from pipeline.scores.domain import Model
from pipeline.scores.shard import score_shard

ZTF = get_survey("ztf")


def main(dump: Path, folder: Path, shards: int, out: Path) -> dict[str, float]:
    """Return CPU seconds by job."""
    networks = {path.stem: path for path in sorted(folder.glob("*.onnx"))}
    models = {name: _model(name) for name in networks}
    stores = {path.name: path for path in sorted((folder / "stores").iterdir())}
    around = cones({name: Catalog(path="any") for name in stores}, "ztf")
    where = out / "index.parquet"

    def files(shard: int) -> ShardFiles:
        return ShardFiles(*(out / f"{n}{shard}" for n in ("alerts", "history", "bad", "counts")))

    def score(shard: int) -> None:
        output = out / f"scores{shard}"
        score_shard(where, ZTF, (shard, shards), models, networks, "onnxruntime", output)

    def match(shard: int) -> None:
        match_shard(files(shard).alerts, "ztf", stores, around, out / f"matches{shard}")

    jobs: dict[str, Callable[[], object]] = {
        "index": lambda: _index(dump, out, where),
        "decode": lambda: [decode_shard(where, ZTF, k, shards, files(k)) for k in range(shards)],
        "score": lambda: [score(k) for k in range(shards)],
        "match": lambda: [match(k) for k in range(shards)],
    }
    for _ in range(2):
        seconds = {}
        for name, job in jobs.items():
            started = time.process_time()
            job()
            seconds[name] = time.process_time() - started
    return seconds


def _model(name: str) -> object:
    inputs = ["features", "triplet"] if name.startswith("acai") else ["triplet"]
    model = Model(version="1", path="any", inputs=inputs)
    return model.network if hasattr(model, "network") else model


def _index(dump: Path, out: Path, where: Path) -> None:
    try:
        from pipeline.alerts.index import index_part
        from pipeline.alerts.index_merge import merge_index
        from pipeline.alerts.parts import Part
    except ImportError:  # before a night was indexed in parts
        from pipeline.alerts.index import build_index

        build_index(dump, ZTF, where, out / "spool.bin")
        return
    index_part(dump, ZTF, Part(), out / "part.parquet", out / "spool.bin")
    merge_index([out / "part.parquet"], dump, where)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(name))))
