"""A round's model becomes the one of every night: the line in the configuration, the scores."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("sklearn", reason="the extra vra")

from pipeline.cli.main import main
from pipeline.io.tables import write_table
from pipeline.vra.features_table import FEATURES
from pipeline.vra.promote import promote, with_promoted
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.classifiers import fit, probability
from pipeline.vra.rounds.model_files import ONNX, write_model
from pipeline.vra.rounds.pool import matrix
from pipeline.vra.scores_table import write_scores

EXPERIMENT = "experiment: e"
CONFIG = """\
# ours
alerts: alerts.tsv

vra:  # the assistant
    # whose pool
    filter: mine
    rounds: {size: 5}

filters: {path: filters}
"""


def test_the_line_is_written_and_nothing_else(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    assert promote(path, 3) == "promoted: 3"
    lines = path.read_text().splitlines()
    assert [line for line in lines if line not in CONFIG.splitlines()] == ["    promoted: 3"]
    assert len(lines) == len(CONFIG.splitlines()) + 1
    promote(path, 12)
    assert path.read_text() == "\n".join(lines).replace("promoted: 3", "promoted: 12") + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "vra: {filter: a}\n",
        "vra:\n",
        "vra:\n\nfilters: {path: f}\n",
        "a: &x\n  filter: b\nvra: *x\n",
        "'vra':\n  filter: a\n",
    ],
)
def test_where_it_cannot_be_told_nothing_is_written(tmp_path, text):
    assert with_promoted(text, "promoted: 1") is None
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="write `promoted: 1` into its section `vra` yourself"):
        promote(path, 1)
    assert path.read_text() == text


@pytest.fixture
def shard(tmp_path):
    random = np.random.default_rng(1)
    features = {name: random.normal(size=500).astype(np.float32) for name in FEATURES}
    of = {"survey": ["ztf"] * 500, "candid": np.arange(500) + 10**18, "object_id": ["o"] * 500}
    write_table(pa.table(of | features), tmp_path / "features.parquet")
    (tmp_path / "meta.json").write_text(json.dumps({"features": list(FEATURES)}))
    return tmp_path / "features.parquet"


def test_scores_are_the_classifiers_own(shard, tmp_path):
    table = pq.read_table(shard)
    x = matrix(table)
    model = fit(BOOSTED, {}, x, (x[:, 2] > 0).astype(np.int64), 1)
    write_model(model, tmp_path, x)
    assert write_scores(shard, tmp_path, "e_round_3", tmp_path / "out.parquet") == 500
    found = pq.read_table(tmp_path / "out.parquet").to_pandas()
    assert found.score.to_numpy() == pytest.approx(probability(model, x), abs=1e-6)
    assert found.candid.tolist() == table["candid"].to_pylist()
    assert set(found.version) == {"e_round_3"}
    assert found.reason.isna().all()


def test_a_pool_without_alerts(shard, tmp_path):
    x = matrix(pq.read_table(shard))
    write_model(fit(BOOSTED, {}, x, (x[:, 2] > 0).astype(np.int64), 1), tmp_path, x)
    write_table(pq.read_table(shard).slice(0, 0), shard)
    assert write_scores(shard, tmp_path, "e_round_3", tmp_path / "out.parquet") == 0
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_rounds_that_cannot_be_promoted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(
        CONFIG.replace("rounds: {size: 5}", "experiment: e")
    )
    (tmp_path / "alerts.tsv").write_text("survey\tnight\tpath\n")
    assert main(["vra", "promote", "3"]) == 1
    assert "round 3 of e is not closed" in capsys.readouterr().err
    closed = tmp_path / "results/vra/e/round_003/closed"
    closed.mkdir(parents=True)
    (closed / "meta.json").write_text('{"reason": "no model: all labels are of class 1"}')
    assert main(["vra", "promote", "3"]) == 1
    assert "has no model (no model: all labels" in capsys.readouterr().err
    (closed / ONNX).write_bytes(b"x")
    assert main(["vra", "promote", "3"]) == 0
    assert "vra: promoted: 3; the next run scores every night with it" in capsys.readouterr().out
