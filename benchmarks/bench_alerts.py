"""A night of alerts from tarball to tables, against the plain way to do the same.

Ours: what the workflow's jobs do, an index by one process, then two shards by two
processes: decode, clean, score, match, write. The plain way, alert by alert: fastavro,
gzip, astropy.io.fits, Keras models called one by one, match_to_catalog_sky for each.
"""

import gzip
import io
import resource
import tarfile
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from measure import Figure, cpu, figure

from pipeline.alerts.batch import Shard
from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.alerts.surveys.registry import get_survey
from pipeline.alerts.surveys.survey import Survey
from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog, cones
from pipeline.crossmatch.shard import match_shard
from pipeline.scores.convert import convert_model
from pipeline.scores.domain import DEFAULT_FEATURES, Model
from pipeline.scores.shard import score_shard
from pipeline.simulate.alerts import simulate_alerts

MODELS = Path(__file__).parents[2] / "shared" / "data" / "models"
CATALOG_ROWS = 1_000_000
NIGHT = "20260101"
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")


def run(quick: bool) -> list[Figure]:
    """Time both ways on one simulated night.

    Parameters
    ----------
    quick : bool
        A tenth of the packets.
    """
    number, plain = (400, 10) if quick else (4000, 60)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_alerts(folder / "night", number, 1, NIGHT, format_="tarball")
        source = folder / "night" / f"ztf_public_{NIGHT}.tar.gz"
        models = _models(folder)
        catalogs = _catalogs(folder)
        job = (folder, models, catalogs)
        _shard(job, 0, 1, index=source)  # compiles what is not compiled yet
        stages, peak = _stages(job, source, number)
        seconds = _on_two_cores(job, source)
        peer = _plain(source, models, catalogs, plain)
    rate = number / seconds
    what = f"{len(models)} scores, {len(catalogs)} catalogues"
    whole = sum(stages.values()) - stages["decoding alone"]
    night = f"tarball to tables, {what}"
    unit = "ms CPU/alert"
    return [
        figure(
            f"{night}, 2 cores", rate, "alerts/s", peer=1000 / peer["all"], goal=500,
            note=f"{number} packets; the peer on one core",
        ),
        figure(night, whole, unit, peer=peer["all"], note="index, decode, score, match"),
        figure(
            "decoding alone", stages["decoding alone"], unit, peer=peer["decode"], goal=0.3,
            note="peer: fastavro",
        ),
        *(figure(f"stage: {s}", stages[s], unit) for s in ("index", "decode", "score", "match")),
        figure("peak memory of a shard", peak, "GB", goal=1.5, note=f"of {number} alerts"),
    ]  # fmt: skip


def _models(folder: Path) -> dict[str, Model]:
    """Convert the six models of the field; without them, the demonstration's own."""
    files = sorted(MODELS.glob("*.h5")) or [Path("demo/models/realbogus.h5")]
    models = {}
    for file in files:
        name = file.name.split(".")[0]
        inputs = ["features", "triplet"] if name.startswith("acai") else ["triplet"]
        models[name] = Model(version="1", path=str(file), inputs=inputs)
        convert_model(file, folder / f"{name}.onnx", models[name])
    return models


def _catalogs(folder: Path) -> dict[str, Catalog]:
    """Sort three catalogues: the simulated stars, and two all over the sky."""
    stars = folder / "night" / "stars.parquet"
    catalogs = {"stars": Catalog(path=str(stars), columns=["type"])}
    rng = np.random.default_rng(1)
    for name in ("sky1", "sky2"):
        path = folder / f"{name}.parquet"
        dec = np.degrees(np.arcsin(rng.uniform(-1, 1, CATALOG_ROWS)))
        pq.write_table(pa.table({"ra": rng.uniform(0, 360, CATALOG_ROWS), "dec": dec}), path)
        catalogs[name] = Catalog(path=str(path), radius_arcsec=2.0)
    for name, catalog in catalogs.items():
        build_store(catalog.path, folder / "stores" / name, catalog.source)
    return catalogs


def _shard(job: tuple, shard: int, shards: int, index: Path | None = None) -> dict[str, float]:
    """Do what the workflow does of one shard; return CPU seconds by stage."""
    folder, models, catalogs = job
    ztf = get_survey("ztf")
    paths = {n: folder / "out" / f"{n}{shard}" for n in ("alerts", "history", "rejected", "counts")}
    networks = {name: folder / f"{name}.onnx" for name in models}
    stores = {name: folder / "stores" / name for name in catalogs}
    where = folder / "index.parquet"
    stages = {}
    if index is not None:
        stages["index"] = lambda: _index(index, ztf, folder)
    stages |= {
        "decode": lambda: decode_shard(where, ztf, shard, shards, ShardFiles(**paths)),
        "score": lambda: score_shard(
            where, ztf, (shard, shards), models, networks, "onnxruntime",
            folder / "out" / f"scores{shard}",
        ),
        "match": lambda: match_shard(
            paths["alerts"], "ztf", stores, cones(catalogs, "ztf"),
            folder / "out" / f"matches{shard}",
        ),
    }  # fmt: skip
    return {name: cpu(stage)[0] for name, stage in stages.items()}


def _index(source: Path, survey: Survey, folder: Path) -> None:
    """Index a dump in one part."""
    index_part(source, survey, Part(), folder / "part.parquet", folder / "spool.bin")
    merge_index([folder / "part.parquet"], source, folder / "index.parquet")


def _stages(job: tuple, source: Path, number: int) -> tuple[dict[str, float], float]:
    """Return ms CPU an alert of each stage, and the peak memory of the process [GB]."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_shard, job, 0, 1, source).result()  # loads the libraries
        seconds = pool.submit(_shard, job, 0, 1, source).result()
        seconds["decoding alone"] = pool.submit(_decode_alone, job[0] / "index.parquet").result()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_shard, job, 0, 1).result()
        peak = pool.submit(_peak_memory).result()
    return {name: value / number * 1e3 for name, value in seconds.items()}, peak


def _decode_alone(index: Path) -> float:
    return cpu(lambda: [0 for _ in Shard.load(index, 0, 1).records()])[0]


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _on_two_cores(job: tuple, source: Path) -> float:
    """Return the wall seconds of the index and then two shards at once (median of three)."""
    ztf = get_survey("ztf")
    times = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_shard, [job] * 2, [0, 1], [2, 2]))  # loads the libraries
        for _ in range(3):
            started = time.perf_counter()
            _index(source, ztf, job[0])
            list(pool.map(_shard, [job] * 2, [0, 1], [2, 2]))
            times.append(time.perf_counter() - started)
    return float(np.median(times))


def _plain(source: Path, models: dict, catalogs: dict, number: int) -> dict[str, float]:
    """Return ms CPU an alert of the plain way: all, and decoding alone."""
    import tf_keras

    networks = {n: tf_keras.models.load_model(m.path, compile=False) for n, m in models.items()}
    skies = []
    for catalog in catalogs.values():
        table = pq.read_table(catalog.path)
        skies.append(SkyCoord(*(table[c].to_numpy() for c in ("ra", "dec")), unit="deg"))
    with tarfile.open(source) as archive:
        members = [m for m in archive.getmembers() if m.name.endswith(".avro")][: number + 1]
        contents = [archive.extractfile(m).read() for m in members]
    _plain_alert(contents[0], models, networks, skies)  # builds astropy's trees
    whole, _ = cpu(lambda: [_plain_alert(c, models, networks, skies) for c in contents[1:]])
    decode, _ = cpu(lambda: [next(fastavro.reader(io.BytesIO(c))) for c in contents[1:]])
    return {"all": whole / number * 1e3, "decode": decode / number * 1e3}


def _plain_alert(content: bytes, models: dict, networks: dict, skies: list) -> list:
    packet = next(fastavro.reader(io.BytesIO(content)))
    candidate = packet["candidate"]
    triplet = np.zeros((63, 63, 3), np.float32)
    for i, name in enumerate(CUTOUTS):
        with gzip.open(io.BytesIO(packet[name]["stampData"])) as stream:
            data = np.nan_to_num(fits.open(io.BytesIO(stream.read()))[0].data)
        data = data / np.linalg.norm(data)
        shape = [(0, 63 - size) for size in data.shape]
        triplet[..., i] = np.pad(data, shape, constant_values=1e-9)
    features = np.array([[candidate[name] for name in DEFAULT_FEATURES]], np.float32)
    inputs = {"triplet": triplet[None], "features": features}
    scores = []
    for name, network in networks.items():
        x = [inputs[kind] for kind in models[name].inputs]
        scores.append(network(x if len(x) > 1 else x[0]).numpy().item())
    position = SkyCoord(candidate["ra"] * u.deg, candidate["dec"] * u.deg)
    return scores + [position.match_to_catalog_sky(sky)[1].arcsec[0] for sky in skies]
