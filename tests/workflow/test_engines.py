"""The demo's network in the whole workflow: ONNX Runtime and TensorFlow give the same scores."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from workdir import ROOT, Workdir

from pipeline.plan.load import load_config
from pipeline.simulate.alerts import simulate_alerts

pytestmark = pytest.mark.workflow
NIGHT = "20260101"
DOCUMENT = (ROOT / "docs/add-a-model.md").read_text()


@pytest.fixture
def simulated(tmp_path) -> Workdir:
    """Return a directory with a simulated night, which has stamps, and the demo's network."""
    workdir = Workdir(tmp_path)
    simulate_alerts(tmp_path / "data", 20, 4, NIGHT, format_="tarball")
    return workdir


def configure(workdir: Workdir, engine: str) -> None:
    model = {"version": "1", "path": str(ROOT / "demo/models/realbogus.h5")}
    dump = f"data/ztf_public_{NIGHT}.tar.gz"
    workdir.write_config(
        {"engine": engine, "models": {"realbogus": model}}, [("ztf", NIGHT, dump, 1)]
    )


def scores(workdir: Workdir) -> pa.Table:
    files = sorted((workdir.path / "results/scores").rglob("*.parquet"))
    return pa.concat_tables(pq.read_table(file) for file in files).sort_by("candid")


def block(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    return code


def test_the_documents_models():
    config = load_config(yaml.safe_load(block("yaml")))
    assert config.models["my_nova"].feature_norms == {"magpsf": 20.0, "age": 365.25}


def test_both_engines_and_no_tensorflow_where_none_is_needed(simulated, capsys):
    configure(simulated, "onnxruntime")
    simulated.snakemake("--cores", "2")
    onnx = scores(simulated)
    assert onnx["realbogus"].null_count == 0
    converted = str(simulated.path / "results/models/realbogus.onnx")
    exec(block("python").replace("my_nova.onnx", converted))
    assert "'parity': '" in capsys.readouterr().out

    configure(simulated, "tensorflow")
    assert simulated.planned() == {"score": 1}  # nothing to convert, decode or match
    simulated.snakemake("--cores", "2")
    found = scores(simulated)
    np.testing.assert_allclose(found["realbogus"], onnx["realbogus"], rtol=0, atol=1e-5)
    assert found.drop_columns("realbogus") == onnx.drop_columns("realbogus")

    absent = simulated.path / "site"
    (absent / "tensorflow").mkdir(parents=True)
    (absent / "tensorflow/__init__.py").write_text("raise ModuleNotFoundError('tensorflow')")
    simulated.shadow(absent)
    output = simulated.snakemake("--forcerun", "score", ok=False)
    assert "nightmill[tensorflow]" in output
    configure(simulated, "onnxruntime")
    simulated.snakemake("--cores", "2")
    assert scores(simulated) == onnx
