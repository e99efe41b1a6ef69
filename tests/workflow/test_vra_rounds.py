"""Rounds of the assistant in the workflow: opened, labelled, closed, and left alone after that."""

import json
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from workdir import Workdir

from pipeline.simulate.alerts import simulate_alerts
from pipeline.vra.drift.night import read_rows
from pipeline.vra.labels.store import append
from pipeline.vra.rounds.began import Began, read_began

pytest.importorskip("sklearn", reason="the extra vra")
pytestmark = pytest.mark.workflow
NIGHTS = ("20260101", "20260102")
FIRST, SIZE = 12, 6
FILTER = "permissions: [1, 2, 3]\npipeline:\n  - $match: {candid: {$gt: 0}}\n"
FOLDER = "results/vra/e"
CONFIG = {"filters": {"path": "filters"}, "report": False}


@pytest.fixture
def directory(tmp_path) -> Workdir:
    found = Workdir(tmp_path)
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters/every.yaml").write_text(f"name: every\n{FILTER}")
    for seed, night in enumerate(NIGHTS, 1):
        simulate_alerts(tmp_path / night, 80, seed, night, format_="tarball")
    configure(found, NIGHTS[:1])
    return found


def configure(directory, nights, **changes):
    rounds = {"first": FIRST, "size": SIZE, "held_out": 0.25} | changes
    vra = {"filter": "every", "experiment": "e", "rounds": rounds}
    directory.write_config({**CONFIG, "vra": vra}, lines_of(nights))


def lines_of(nights):
    return [("ztf", night, f"{night}/ztf_public_{night}.tar.gz", 1) for night in nights]


def worklist(directory, number):
    path = directory.path / FOLDER / f"round_{number:03}/worklist.parquet"
    return pq.read_table(path).to_pylist()


def answer(directory, keys):
    """Give labels in the worklist's order by the command, a key a line."""
    command = [sys.executable, "-m", "pipeline.cli.main", "label", "--who", "ann"]
    subprocess.run(
        command, cwd=directory.path, input="\n".join([*keys, "q"]) + "\n", text=True, check=True,
        capture_output=True, env=directory.environment(),
    )  # fmt: skip


def show(directory, candid):
    """Return what the command shows of an alert."""
    command = [sys.executable, "-m", "pipeline.cli.main", "show", str(candid)]
    return subprocess.run(
        command, cwd=directory.path, text=True, check=True, capture_output=True,
        env=directory.environment(),
    ).stdout  # fmt: skip


def kept(directory, number):
    folder = directory.path / FOLDER / f"round_{number:03}"
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def score_every_night(directory):
    """Promote round 0, whose model then scores all nights; leave the configuration as it was."""
    promoted = {"filter": "every", "experiment": "e", "promoted": 0}
    before_it = (directory.path / "config/config.yaml").read_text()
    directory.write_config({**CONFIG, "vra": promoted}, lines_of(NIGHTS))
    assert directory.planned() == {"assistant_scores": 2, "drift": 2}
    directory.snakemake("--cores", "2")
    scores = pq.read_table(directory.path / "results/assistant_scores").to_pandas()
    for night in NIGHTS:
        rows = list(read_rows(directory.path / FOLDER / f"drift/ztf/{night}.csv"))
        assert {row["version"] for row in rows} == {"e_round_0"} and len(rows) == 22
    shown = show(directory, scores.candid.iloc[0])
    assert "Assistant" in shown and "e_round_0" in shown
    # with the page: its part, and nothing of the assistant anew
    directory.write_config({**CONFIG, "report": {}, "vra": promoted}, lines_of(NIGHTS))
    assert not {"drift", "features", "assistant_scores"} & set(directory.planned())
    directory.snakemake("--cores", "2")
    html = (directory.path / f"results/report/ztf/{NIGHTS[0]}.html").read_text()
    assert "alerts passed the assistant" in html and "Assistant</h2>" in html
    directory.write_config({**CONFIG, "vra": promoted}, lines_of(NIGHTS))
    assert scores.version.unique().tolist() == ["e_round_0"]
    assert scores.score.between(0, 1).all()
    pool = pq.read_table(directory.path / "results/features", columns=["candid"])
    assert sorted(scores.candid) == sorted(pool["candid"].to_pylist())
    promoted["promoted"] = 1
    directory.write_config({**CONFIG, "vra": promoted}, lines_of(NIGHTS))
    said = directory.snakemake("--dry-run", ok=False)
    assert "vra.promoted: round 1 of e is not closed" in said
    (directory.path / "config/config.yaml").write_text(before_it)


def test_a_campaign(directory):
    said = directory.snakemake("--cores", "2")
    assert f"round 0 is open, by random: 0 of {FIRST} labels are there: nightmill label" in said
    assert len(worklist(directory, 0)) == 3 * FIRST
    assert directory.planned() == {}

    answer(directory, ["r", "b"] * 3)
    said = directory.snakemake("--cores", "1", "--dry-run")
    assert f"round 0 is open, by random: 6 of {FIRST} labels are there: nightmill label" in said
    assert directory.planned() == {}

    answer(directory, ["s", *["r", "b"] * 3])
    assert "the next run closes it" in directory.snakemake("--cores", "1", "--dry-run")
    assert directory.planned() == {"vra_close": 1, "vra_worklist": 1}
    said = directory.snakemake("--cores", "2")
    assert "1 round closed; round 1 is open, by uncertainty" in said
    asked = {row["candid"] for row in worklist(directory, 0)[: FIRST + 1]}
    assert not asked & {row["candid"] for row in worklist(directory, 1)}

    # what is closed stays, whatever comes after
    before = kept(directory, 0)
    append(directory.path / "labels", "bob", worklist(directory, 0)[0]["candid"], "X", "agn")
    assert directory.planned() == {}
    configure(directory, NIGHTS)
    assert not {rule for rule in directory.planned() if rule.startswith("vra")}
    directory.snakemake("--cores", "2")
    configure(directory, NIGHTS, seed=1, strategy="random", classes="gal", size=3)
    assert directory.planned() == {}
    assert not {rule for rule in directory.planned("--forceall") if rule.startswith("vra")}
    assert kept(directory, 0) == before

    score_every_night(directory)

    # a round that has begun keeps what it began with, the next one takes what is said now
    answer(directory, ["r", "b"] * (SIZE // 2))
    directory.snakemake("--cores", "2")
    assert len(worklist(directory, 2)) == 9
    nights = {str(row["candid"])[:4] for row in worklist(directory, 2)}
    assert len(nights) == 2


def test_rounds_are_mirrored_in_mlflow(directory):
    pytest.importorskip("mlflow", reason="the extra mlflow")
    rounds = {"first": FIRST, "size": SIZE}
    vra = {"filter": "every", "experiment": "e", "rounds": rounds, "mlflow": {}}
    directory.write_config({**CONFIG, "vra": vra}, lines_of(NIGHTS[:1]))
    directory.snakemake("--cores", "2")
    assert directory.planned() == {}
    answer(directory, ["r", "b"] * (FIRST // 2))
    assert directory.planned() == {"vra_close": 1, "vra_worklist": 1, "vra_mirror": 1}
    directory.snakemake("--cores", "2")
    receipt = json.loads((directory.path / FOLDER / "mlflow.json").read_text())
    assert receipt["new"] == [0] and receipt["waiting"] == []
    assert directory.planned() == {}

    # a server that is down fails no run, and is told in its last lines
    vra["mlflow"] = {"uri": "http://127.0.0.1:9"}
    directory.write_config({**CONFIG, "vra": vra}, lines_of(NIGHTS[:1]))
    assert directory.planned() == {"vra_mirror": 1}
    said = directory.snakemake("--cores", "2")
    assert "round 0 is not in MLflow yet: MLflow at http://127.0.0.1:9: " in said
    assert directory.planned() == {}


def test_what_cannot_be(directory):
    for rounds, said in (
        ({"classifier": "os.system"}, "vra.rounds.classifier: 'os.system': no classifier that can"),
        ({"classes": {"real": 1}}, "vra.rounds.classes: a class map has labels of class 0 and"),
        ({"held_out": 1}, "vra.rounds.held_out"),
        ({"strategy": "best"}, "vra.rounds.strategy"),
    ):
        configure(directory, NIGHTS[:1], **rounds)
        assert said in directory.snakemake("--dry-run", ok=False)
    asleep = directory.path / "filters/asleep.yaml"
    asleep.write_text(f"name: asleep\nactive: false\n{FILTER}")
    for vra, said in (
        ({"filter": "every", "experiment": "mlflow"}, "vra.experiment: MLflow's store has the fol"),
        ({"filter": "nosuch"}, "vra.filter: nosuch: no filter of ztf: there are asleep, every"),
        ({"filter": "asleep"}, "vra.filter: asleep: set `active: true` in filters/asleep.yaml"),
    ):
        directory.write_config({**CONFIG, "vra": vra}, lines_of(NIGHTS[:1]))
        assert said in directory.snakemake("--dry-run", ok=False)


def test_a_first_night_that_nobody_passes(directory):
    none = FILTER.replace("$gt: 0", "$lt: 0")
    (directory.path / "filters/every.yaml").write_text(f"name: every\n{none}")
    assert "nobody is left to ask about until more nights are there: the pool is empty" in (
        directory.snakemake("--cores", "2")
    )
    assert directory.planned() == {}
    (directory.path / "filters/every.yaml").write_text(f"name: every\n{FILTER}")
    configure(directory, NIGHTS)
    assert directory.planned()["vra_worklist"] == 1
    assert f"0 of {FIRST} labels are there" in directory.snakemake("--cores", "2")
    assert len(worklist(directory, 0)) == 3 * FIRST


def test_a_damaged_round_is_named(directory):
    directory.snakemake("--cores", "2")
    began = directory.path / FOLDER / "round_000/round.json"
    began.write_text('{"round": 0')
    assert "round_000/round.json: is no whole JSON" in directory.snakemake("--dry-run", ok=False)
    began.write_text('{"round": 0}')
    said = directory.snakemake("--dry-run", ok=False)
    assert "round_000/round.json: is not about a round" in said and "Traceback" not in said
    assert f"delete {FOLDER}/round_000 and run the workflow" in said
    began.unlink()
    assert "round_000/round.json: is gone: delete" in directory.snakemake("--dry-run", ok=False)
    shutil.rmtree(began.parent)
    assert directory.planned() == {"vra_worklist": 1}


@pytest.mark.parametrize(
    "change", [{"candids": 5}, {"labels": None}, {"wanted": "x"}, {"classes": {"real": "yes"}}]
)
def test_a_round_of_other_types_is_named(tmp_path, change):
    path = tmp_path / "round.json"
    Began(0, "random", 42, 10, {"real": 1, "bogus": 0}, "labels", 5, [1, 2]).write(path)
    assert read_began(path).candids == [1, 2]
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=f"round.json: is not about a round: {next(iter(change))}"):
        read_began(path)
