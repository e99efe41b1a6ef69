"""Stamps, triplets and models, against the plain way: gzip, astropy.io.fits, Keras one by one.

Figures are CPU time of one process. Real stamps and models are those of ../shared; without
it, stamps are noise, and the models are left out.
"""

import gzip
import io
import sys
import tempfile
import warnings
from pathlib import Path

import fastavro
import numpy as np
from astropy.io import fits
from measure import Figure, cpu, figure

from pipeline.io.stamps import read_stamp
from pipeline.scores.convert import convert_model, parity_inputs
from pipeline.scores.domain import Model
from pipeline.scores.engines import load_engine
from pipeline.scores.triplets import make_triplets

SHARED = Path(__file__).parents[2] / "shared/data"
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
ACAI = [f"acai_{letter}" for letter in "hvonb"]


def run(quick: bool = False) -> list[Figure]:
    """Time stamps, and models where there are."""
    warnings.simplefilter("ignore")  # astropy on ZTF's SIMPLE card, at each stamp
    stamps, source = _stamps()
    rows = _stamp_rows(stamps, source, 1 if quick else 5)
    if (SHARED / "models").is_dir():
        rows += _model_rows(128 if quick else 1024, 8 if quick else 48)
    return rows


def _stamps() -> tuple[list[list[bytes]], str]:
    """Return the stamps of alerts, real ones where there are, and what they are."""
    files = sorted((SHARED / "alerts/ztf").rglob("*.avro"))
    if files:
        packets = [next(fastavro.reader(file.open("rb"))) for file in files]
        return [[p[c]["stampData"] for c in CUTOUTS] for p in packets], "real ZTF stamps"
    rng = np.random.default_rng(0)
    made = []
    for _ in range(24 * 3):
        stream = io.BytesIO()
        fits.PrimaryHDU(rng.normal(200, 9, (63, 63)).astype(np.float32)).writeto(stream)
        made.append(gzip.compress(stream.getvalue()))
    return [made[i : i + 3] for i in range(0, len(made), 3)], "simulated stamps"


def _stamp_rows(stamps: list[list[bytes]], source: str, repeats: int) -> list[Figure]:
    unzipped = [gzip.decompress(data) for alert in stamps for data in alert]
    columns = [list(column) for column in zip(*stamps, strict=True)]
    ours = cpu(lambda: [read_stamp(data) for data in unzipped], repeats * 20)[0] / len(unzipped)
    peer = cpu(lambda: [_astropy(data) for data in unzipped], repeats)[0] / len(unzipped)
    per_stamp = figure(
        "FITS of a stamp, unzipped", ours * 1e6, "CPU us", peer=peer * 1e6, goal=7.0, note=source
    )
    ours = cpu(lambda: make_triplets(*columns), repeats * 10)[0] / len(stamps)
    peer = cpu(lambda: [_plain_triplet(alert) for alert in stamps], repeats)[0] / len(stamps)
    return [
        per_stamp,
        figure(
            "triplet of an alert", ours * 1e3, "CPU ms", peer=peer * 1e3, goal=0.35, note=source
        ),
    ]


def _astropy(content: bytes) -> np.ndarray:
    with fits.open(io.BytesIO(content), ignore_missing_simple=True) as hdus:
        return hdus[0].data


def _plain_triplet(alert: list[bytes]) -> np.ndarray:
    triplet = np.zeros((63, 63, 3))
    for channel, data in enumerate(alert):
        image = np.nan_to_num(_astropy(gzip.decompress(data)))
        image /= np.linalg.norm(image)
        ny, nx = image.shape
        padding = [(0, 63 - ny), (0, 63 - nx)]
        triplet[:, :, channel] = np.pad(image, padding, constant_values=1e-9)
    return triplet


def _model_rows(count: int, count_eager: int) -> list[Figure]:
    import tf_keras

    models = {"braai_d6_m9": Model(version="d6_m9", path="any", inputs=["triplet"])}
    for name in ACAI:
        version = "d1_dnn_20201130"
        inputs = ["features", "triplet"]
        models[f"{name}.{version}"] = Model(version=version, path="any", inputs=inputs)
    ours = batched = eager = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models.items():
            source, target = SHARED / f"models/{name}.h5", Path(folder) / f"{name}.onnx"
            convert_model(source, target, model)
            inputs = [np.resize(x, (count, *x.shape[1:])) for x in parity_inputs(model)]
            engine = load_engine("onnxruntime", target, model)
            ours += cpu(lambda e=engine, x=inputs: e.predict(x), 3)[0] / count
            keras = tf_keras.models.load_model(source, compile=False)
            fed = _fed(inputs)
            batched += cpu(lambda k=keras, x=fed: k.predict(x, 128, 0), 3)[0] / count
            alerts = [_fed([x[i : i + 1] for x in inputs]) for i in range(count_eager)]
            eager += cpu(lambda k=keras, xs=alerts: [k(x) for x in xs], 2)[0] / count_eager
    title = "six models of an alert"
    return [
        figure(
            title,
            ours * 1e3,
            "CPU ms",
            peer=eager * 1e3,
            goal=1.5,
            note="peer: Keras, one alert a call",
        ),
        figure(
            title,
            ours * 1e3,
            "CPU ms",
            peer=batched * 1e3,
            goal=1.5,
            note="peer: Keras, 128 alerts a call",
        ),
    ]


def _fed(inputs: list[np.ndarray]) -> np.ndarray | list[np.ndarray]:
    return inputs if len(inputs) > 1 else inputs[0]


if __name__ == "__main__":
    for row in run("--quick" in sys.argv):
        print(row)
