"""Scores and features of the 24 real ZTF alerts equal those of Kowalski's own code."""

import csv
import gzip
import io
import warnings
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from pipeline.io.stamps import read_stamp
from pipeline.scores.convert import convert_model
from pipeline.scores.domain import DEFAULT_FEATURES, Model
from pipeline.scores.engines import load_engine
from pipeline.scores.features import make_features
from pipeline.scores.scores_table import score_batch
from pipeline.scores.triplets import make_triplets

pytestmark = pytest.mark.real

ACAI = [f"acai_{letter}" for letter in "hvonb"]
CUTOUTS = ("Science", "Template", "Difference")


@pytest.fixture(scope="module")
def packets(shared: Path) -> list[dict]:
    files = sorted((shared / "data/alerts/ztf").rglob("*.avro"))
    return [packet for file in files for packet in fastavro.reader(file.open("rb"))]


@pytest.fixture(scope="module")
def alerts(packets) -> pa.Table:
    rows = [{"object_id": p["objectId"], **p["candidate"], "candid": p["candid"]} for p in packets]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def history(packets) -> pa.Table:
    rows = [
        {"candid": p["candid"], "kind": "prv", "jd": h["jd"], "mag": h["magpsf"]}
        for p in packets
        for h in p["prv_candidates"] or []
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def cutouts(packets) -> pa.Table:
    rows = [
        {"candid": p["candid"], **{c.lower(): p[f"cutout{c}"]["stampData"] for c in CUTOUTS}}
        for p in packets
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def tables(alerts, history, cutouts) -> tuple[pa.Table, pa.Table, pa.Table]:
    return alerts, history, cutouts


@pytest.fixture(scope="module")
def models(shared: Path) -> dict[str, Model]:
    folder = shared / "data/models"
    braai = Model(version="d6_m9", path=str(folder / "braai_d6_m9.h5"))
    acai = {
        name: Model(
            version="d1_dnn_20201130",
            path=str(folder / f"{name}.d1_dnn_20201130.h5"),
            inputs=["features", "triplet"],
        )
        for name in ACAI
    }
    return {"braai": braai, **acai}


@pytest.fixture(scope="module")
def reference(shared: Path):
    """Return a function: columns of a reference table in the order of candids."""

    def read(name: str, candid: pa.ChunkedArray, columns: list[str]) -> np.ndarray:
        with (shared / "reference/alerts" / name).open() as file:
            rows = {int(row["candid"]): row for row in csv.DictReader(file)}
        return np.array([[float(rows[c][n]) for n in columns] for c in candid.to_pylist()])

    return read


def test_features_equal_the_reference(alerts, history, reference):
    features, reasons = make_features(alerts, history, DEFAULT_FEATURES)
    assert reasons == [None] * 24
    expected = reference("features.csv", alerts["candid"], list(DEFAULT_FEATURES))
    np.testing.assert_array_equal(features, expected.astype(np.float32))


def test_derived_features_equal_the_reference(alerts, history, reference):
    names = ["classtar", "peakmag_so_far", "maxmag_so_far", "days_since_peak", "days_to_peak"]
    names += ["nnondet", "age"]
    features, reasons = make_features(alerts, history, names)
    assert reasons == [None] * 24
    expected = reference("derived_features.csv", alerts["candid"], names)
    np.testing.assert_array_equal(features, expected.astype(np.float32))


def test_stamps_equal_astropys(packets, shared: Path):
    zipped = [p[f"cutout{c}"]["stampData"] for p in packets for c in CUTOUTS]
    for survey in ("pgir", "wntr"):
        for file in sorted((shared / "data/alerts" / survey).rglob("*.avro")):
            for packet in fastavro.reader(file.open("rb")):
                zipped += [v for k, v in packet.items() if k.startswith("cutout")]
    stamps = [(data, gzip.decompress(data)) for data in zipped]
    for file in sorted((shared / "data/alerts/lsst").glob("*.parquet")):
        table = pq.read_table(file, columns=[f"cutout{c}" for c in CUTOUTS])
        stamps += [(data, data) for column in table.columns for data in column.to_pylist()]
    assert len(stamps) == 24 * 3 + 9 * 3 + 6 * 3 + 33 * 3
    for data, content in stamps:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = fits.open(io.BytesIO(content), ignore_missing_simple=True)[0].data
        found = read_stamp(data)
        assert found.dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found, expected)


def test_triplets_equal_kowalskis_recipe(packets, cutouts):
    columns = [cutouts[c.lower()].to_pylist() for c in CUTOUTS]
    triplets, reasons, _ = make_triplets(*columns)
    assert reasons == [None] * 24
    for i, stamps in enumerate(zip(*columns, strict=True)):
        for channel, data in enumerate(stamps):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                hdus = fits.open(io.BytesIO(gzip.decompress(data)), ignore_missing_simple=True)
                image = np.nan_to_num(hdus[0].data)
            image /= np.linalg.norm(image)
            ny, nx = image.shape
            image = np.pad(image, [(0, 63 - ny), (0, 63 - nx)], constant_values=1e-9)
            np.testing.assert_array_equal(triplets[i, :, :, channel], image)


@pytest.fixture(scope="module")
def engines(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    found = {"onnxruntime": {}, "tensorflow": {}}
    for name, model in models.items():
        assert convert_model(model.path, folder / f"{name}.onnx", model) < 2e-6
        found["onnxruntime"][name] = load_engine("onnxruntime", folder / f"{name}.onnx", model)
        found["tensorflow"][name] = load_engine("tensorflow", model.path, model)
    return found


@pytest.mark.parametrize("kind", ["onnxruntime", "tensorflow"])
def test_scores_equal_the_reference(kind, engines, tables, models, reference):
    table = score_batch(*tables, engines[kind], models)
    expected = reference("scores.csv", table["candid"], list(models))
    for k, name in enumerate(models):
        assert table[f"{name}_reason"].null_count == 24
        np.testing.assert_allclose(table[name].to_numpy(), expected[:, k], rtol=0, atol=1e-5)
    assert set(table["acai_n_version"].to_pylist()) == {"d1_dnn_20201130"}
    assert table["candid"].equals(tables[0]["candid"])


@pytest.mark.parametrize(("kind", "tolerance"), [("onnxruntime", 0), ("tensorflow", 1e-6)])
def test_scores_do_not_depend_on_the_batch(kind, tolerance, engines, tables, models):
    alerts, history, cutouts = tables
    whole = score_batch(*tables, engines[kind], models)
    parts = [
        score_batch(alerts.slice(i, n), history, cutouts, engines[kind], models)
        for i, n in ((0, 1), (1, 7), (8, 16))
    ]
    joined = pa.concat_tables(parts)
    for name in models:
        np.testing.assert_allclose(
            joined[name].to_numpy(), whole[name].to_numpy(), rtol=0, atol=tolerance
        )


def test_the_fill_beyond_the_reference_image_is_no_data(shared, engines, models):
    """The pixels of −3.4028e38 are set to NaN by astropy and numpy alone."""
    name = "tests__data__fink-broker-sample-alert-1.avro"
    (file,) = (shared / "data/alerts_public").glob(f"astrolabsoftware__fink-client/{name}")
    (packet,) = fastavro.reader(file.open("rb"))
    stamps = [packet[f"cutout{c}"]["stampData"] for c in CUTOUTS]
    images = [fits.getdata(io.BytesIO(gzip.decompress(data))).copy() for data in stamps]
    assert [np.count_nonzero(np.abs(image) >= 1e30) for image in images] == [0, 120, 0]
    assert [np.count_nonzero(np.isnan(image)) for image in images] == [120, 0, 120]
    triplet = np.stack([np.where(np.abs(i) < 1e30, i, 0) for i in images], axis=-1)
    triplet /= np.linalg.norm(triplet, axis=(0, 1))
    (expected,) = engines["tensorflow"]["braai"].predict([triplet[None].astype(np.float32)])
    assert 0.9999 < expected < 1  # ZTF's own drb: 0.99999

    alert = pa.table({"candid": [packet["candid"]], "object_id": [packet["objectId"]]})
    columns = [c.lower() for c in CUTOUTS]
    cutouts = pa.table([alert["candid"], *[[s] for s in stamps]], names=["candid", *columns])
    braai = {"braai": models["braai"]}
    table = score_batch(alert, alert, cutouts, engines["onnxruntime"], braai)
    assert table["braai"][0].as_py() == pytest.approx(expected, abs=1e-6)
    shares = [table[f"{c}_nodata"][0].as_py() for c in columns]
    assert shares == [np.float32(120 / 63**2)] * 3


def test_alerts_without_stamps_have_features_only(engines, alerts, history, models):
    table = score_batch(alerts, history, None, engines["onnxruntime"], models)
    for name in models:
        assert table[name].null_count == 24
        assert set(table[f"{name}_reason"].to_pylist()) == {"no stamps"}
