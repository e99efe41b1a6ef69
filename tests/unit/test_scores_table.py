"""The scores table: every model's score, or why there is none; neighbours are left alone."""

import gzip
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from astropy.io import fits

pytest.importorskip("onnx")

from networks import of_both, of_feature, of_triplet, write_network

from pipeline.plan.domains import Config
from pipeline.scores.domain import DEFAULT_FEATURES, SCORES, Model
from pipeline.scores.engines import load_engine
from pipeline.scores.scores_table import NODATA_COLUMNS, score_batch, scores_schema
from pipeline.scores.signature import ModelError
from pipeline.scores.triplets import CHANNELS

HISTORY = pa.table(
    {
        "candid": pa.array([], pa.int64()),
        "kind": pa.array([], pa.string()),
        "jd": pa.array([], pa.float64()),
        "mag": pa.array([], pa.float32()),
    }
)
ONE_FEATURE = {"inputs": ["features"], "features": ["magpsf"]}
BOTH = {"inputs": ["features", "triplet"], "features": ["magpsf"]}


def model(path: Path, **keys) -> Model:
    return Model(version="v1", path=str(path), **keys)


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Model]:
    return {
        "image": model(of_triplet(tmp_path / "image.onnx")),
        "number": model(of_feature(tmp_path / "number.onnx"), **ONE_FEATURE),
        "both": model(of_both(tmp_path / "both.onnx"), **BOTH, feature_norms={"magpsf": 2.0}),
    }


@pytest.fixture
def engines(models):
    return {name: load_engine("onnxruntime", m.path, m) for name, m in models.items()}


def stamp(seed: int) -> bytes:
    stream = io.BytesIO()
    image = np.random.default_rng(seed).normal(size=(63, 63)).astype(np.float32)
    fits.PrimaryHDU(image).writeto(stream)
    return gzip.compress(stream.getvalue(), mtime=0)


def alerts(*magnitudes: float | None) -> pa.Table:
    count = len(magnitudes)
    columns = {
        "candid": pa.array(range(2**60, 2**60 + count), pa.int64()),
        "object_id": pa.array([f"ZTF{i}" for i in range(count)], pa.string()),
        "magpsf": pa.array(magnitudes, pa.float32()),
    }
    return pa.table(columns)


def cutouts(table: pa.Table, **channels) -> pa.Table:
    count = table.num_rows
    made = {c: [stamp(9 * i + k) for i in range(count)] for k, c in enumerate("std")}
    names = {"s": "science", "t": "template", "d": "difference"}
    columns = {names[c]: pa.array(channels.get(names[c], v), pa.binary()) for c, v in made.items()}
    return pa.table({"candid": table["candid"], **columns})


def test_scores_versions_and_no_reasons(engines, models):
    table = alerts(18.0, 19.0)
    found = score_batch(table, HISTORY, cutouts(table), engines, models)
    assert found.schema == scores_schema(models)
    assert found.schema.names[2:5] == ["image", "image_version", "image_reason"]
    assert found["number"].to_pylist() == [18, 19]
    largest = found["image"].to_numpy()
    assert ((largest > 0.03) & (largest < 0.2)).all()
    np.testing.assert_allclose(found["both"], largest + np.float32([9, 9.5]), rtol=1e-6)
    assert found["both_version"].to_pylist() == ["v1", "v1"]
    assert all(found[f"{name}_reason"].null_count == 2 for name in models)


def test_an_unusable_stamp_nulls_only_what_needs_it(engines, models):
    table = alerts(18.0, 19.0, 20.0)
    stamps = cutouts(table)
    good = score_batch(table, HISTORY, stamps, engines, models)
    broken = cutouts(table, template=[stamp(1), b"broken", stamp(19)])
    found = score_batch(table, HISTORY, broken, engines, models)
    reason = "template stamp is not FITS, or truncated"
    assert found["number"].equals(good["number"])
    for name in ("image", "both"):
        assert found[name].to_pylist() == [good[name][0].as_py(), None, good[name][2].as_py()]
        assert found[f"{name}_reason"].to_pylist() == [None, reason, None]


def test_a_missing_feature_nulls_only_what_needs_it(engines, models):
    table = alerts(18.0, None)
    found = score_batch(table, HISTORY, cutouts(table), engines, models)
    assert found["image"].null_count == 0
    for name in ("number", "both"):
        assert found[f"{name}_reason"].to_pylist() == [None, "feature magpsf is null"]
        assert found[name].is_null().to_pylist() == [False, True]


def with_fill(rows: int) -> bytes:
    """Return a stamp whose lowest rows are ZTF's fill."""
    stream = io.BytesIO()
    image = np.random.default_rng(5).normal(size=(63, 63)).astype(np.float32)
    image[:rows] = np.finfo(np.float32).min
    fits.PrimaryHDU(image).writeto(stream)
    return stream.getvalue()


def test_the_share_of_each_stamp_without_data(engines, models):
    table = alerts(18.0, 19.0, 20.0)
    stamps = cutouts(table, template=[with_fill(21), None, with_fill(63)])
    found = score_batch(table, HISTORY, stamps, engines, models)
    assert found["science_nodata"].to_pylist() == found["difference_nodata"].to_pylist() == [0] * 3
    assert found["template_nodata"].to_pylist() == [np.float32(1 / 3), None, 1]
    reasons = [None, "template stamp is missing", "template stamp has no data"]
    assert found["image_reason"].to_pylist() == reasons
    assert found.schema.field("template_nodata").metadata[b"description"].startswith(b"share of")
    none = score_batch(table, HISTORY, None, engines, models)
    assert all(none[f"{channel}_nodata"].null_count == 3 for channel in CHANNELS)


def test_models_without_stamps_have_no_columns_about_them(engines, models):
    number = {"number": models["number"]}
    table = alerts(18.0)
    found = score_batch(table, HISTORY, cutouts(table), engines, number)
    assert not [name for name in found.column_names if "nodata" in name]


def test_a_model_cannot_be_called_as_such_a_column(models):
    with pytest.raises(ValueError, match="would be called template_nodata"):
        scores_schema({"template_nodata": models["image"]})
    assert set(NODATA_COLUMNS) < set(SCORES.tables[0].fixed)


def test_packets_without_stamps(engines, models):
    table = alerts(18.0, None)
    found = score_batch(table, HISTORY, None, engines, models)
    assert found["image_reason"].to_pylist() == ["no stamps", "no stamps"]
    assert found["both_reason"].to_pylist() == ["no stamps", "no stamps"]
    assert found["number"].to_pylist() == [18, None]
    nulls = cutouts(table, science=[None] * 2, template=[None] * 2, difference=[None] * 2)
    assert score_batch(table, HISTORY, nulls, engines, models).equals(found)


def test_stamps_are_found_by_candid(engines, models):
    table = alerts(18.0, 19.0, 20.0)
    stamps = cutouts(table)
    expected = score_batch(table, HISTORY, stamps, engines, models)
    assert score_batch(table, HISTORY, stamps.take([2, 0, 1]), engines, models).equals(expected)
    found = score_batch(table, HISTORY, stamps.slice(1), engines, models)
    assert found["image_reason"].to_pylist() == ["no stamps", None, None]
    assert found["image"][1:].equals(expected["image"][1:])


def test_a_score_that_is_no_number_is_null(tmp_path):
    root = {"root": model(of_feature(tmp_path / "root.onnx", "Sqrt"), **ONE_FEATURE)}
    engines = {"root": load_engine("onnxruntime", root["root"].path, root["root"])}
    found = score_batch(alerts(16.0, -1.0, 9.0), HISTORY, None, engines, root)
    assert found["root"].to_pylist() == [4, None, 3]
    assert found["root_reason"].to_pylist() == [None, "the model gave no finite number", None]


def test_no_alerts_and_no_models(engines, models):
    none = alerts()
    found = score_batch(none, HISTORY, cutouts(none), engines, models)
    assert found.schema == scores_schema(models)
    assert found.num_rows == 0
    assert score_batch(alerts(18.0), HISTORY, None, {}, {}).column_names == ["candid", "object_id"]


def test_two_columns_of_one_name_are_an_error(models):
    with pytest.raises(ValueError, match="would be called image_version"):
        scores_schema({**models, "image_version": models["image"]})


def test_files_that_cannot_be_used_are_named(tmp_path):
    image, number = model(tmp_path), model(tmp_path, **ONE_FEATURE)
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    with pytest.raises(ModelError, match=r"text.onnx: not an ONNX model"):
        load_engine("onnxruntime", text, image)
    with pytest.raises(FileNotFoundError, match="absent"):
        load_engine("onnxruntime", tmp_path / "absent.onnx", image)
    path = of_feature(tmp_path / "number.onnx")
    takes = r"number.onnx: the model takes \(nx1\), but .* triplet \(nx63x63x3\)"
    with pytest.raises(ModelError, match=takes):
        load_engine("onnxruntime", path, image)
    both = of_both(tmp_path / "both.onnx")
    with pytest.raises(ModelError, match=r"takes \(nx1\), \(nx63x63x3\), but"):
        load_engine(
            "onnxruntime", both, model(both, inputs=["triplet", "features"], features=["magpsf"])
        )
    doubles = write_network(
        tmp_path / "f8.onnx", {"features": [1]}, [("Identity", ["features"], "score", {})], 11
    )
    with pytest.raises(ModelError, match=r"f8.onnx: inputs must be float32, not tensor\(double\)"):
        load_engine("onnxruntime", doubles, number)
    pair = write_network(
        tmp_path / "pair.onnx",
        {"features": [1]},
        [("Concat", ["features", "features"], "score", {"axis": 1})],
    )
    with pytest.raises(ModelError, match=r"pair.onnx: the model gives \(1, 2\) for 1 alerts"):
        load_engine("onnxruntime", pair, number)


def test_scoring_imports_no_tensorflow():
    code = (
        "import sys, pipeline.scores.scores_table, pipeline.scores.convert\n"
        "assert not {'tensorflow', 'onnx', 'h5py', 'astropy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def test_the_documented_configuration_is_valid_and_complete():
    text = (Path(__file__).parents[2] / "docs/add-a-model.md").read_text()
    config = Config.model_validate(yaml.safe_load(text.split("```yaml")[1].split("```")[0]))
    assert config.models["acai_h"].feature_names == DEFAULT_FEATURES
    assert config.models["my_nova"].feature_norms == {"magpsf": 20.0, "age": 365.25}
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(Model.model_fields)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"inputs": ["triplet", "triplet"]}, "inputs names one twice"),
        ({"inputs": ["features"], "features": []}, "features is empty"),
        ({"features": ["magpsf"]}, "inputs has no features"),
        ({**ONE_FEATURE, "feature_norms": {"age": 2.0}}, r"no feature of this model: \['age'\]"),
        ({**ONE_FEATURE, "feature_norms": {"magpsf": 0.0}}, "must be finite and not 0"),
    ],
)
def test_contradicting_keys_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        model(Path("m.h5"), **keys)
