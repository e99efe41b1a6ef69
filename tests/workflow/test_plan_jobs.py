"""What `nightmill plan` says, and what Snakemake plans and a run leaves."""

import json
import subprocess
import sys
from collections import Counter

import pytest
import yaml
from workdir import ROOT, Workdir

from pipeline.events.geometry import IC86_LIKE, read_geometry
from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.events import write_events

pytestmark = pytest.mark.workflow
PACKETS = 600


def plan(workdir: Workdir, *options: str) -> dict:
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", "plan", "--json", *options],
        cwd=workdir.path, env=workdir.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def jobs(found: dict) -> dict[str, int]:
    return {rule["rule"]: rule["jobs"] for rule in found["rules"]}


def write_lines(workdir: Workdir, name: str, *lines: tuple) -> None:
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
    (workdir.path / "config" / name).write_text(text)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Workdir:
    """Return a directory with what `make demo` runs on."""
    path = tmp_path_factory.mktemp("demo") / "work"
    path.mkdir()
    (path.parent / "demo").symlink_to(ROOT / "demo")
    simulate_alerts(path / "data", PACKETS, 1, "20260101", format_="tarball", defects=0.03)
    write_events(2, 3, path / "events", "layered", read_geometry(IC86_LIKE))
    return Workdir(path)


def test_the_demonstration(demo):
    """Jobs are Snakemake's own, inodes within 5 %, CPU and results within a factor of 2."""
    config = ("--configfile", str(ROOT / "demo/config.yaml"))
    found = plan(demo, *config)
    assert jobs(found) == demo.planned(*config)
    demo.snakemake(*config, "--cores", "2")
    folders = [demo.path / name for name in ("results", "logs", ".snakemake")]
    left = sum(1 for folder in folders for _ in folder.rglob("*"))
    assert found["files"] == pytest.approx(left, rel=0.05)
    files = [file for file in folders[0].rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files if file.parent.name != "spool") / 1e6
    assert found["output_mb"] == pytest.approx(size, rel=0.5)
    (spooled,) = (demo.path / "results/packets/ztf/20260101/spool").iterdir()
    spool = spooled.stat().st_size / 1e6
    assert found["spool_mb"] == pytest.approx(spool, rel=0.1)


def test_fetches_chunks_calibrations_and_alerts_as_a_catalogue(workdir):
    """What has jobs of its own by the configuration alone."""
    model = {"version": "1", "path": "bright.onnx", "inputs": ["features"], "features": ["magpsf"]}
    config = {
        "alerts": "config/alerts.tsv",
        "events": "config/events.tsv",
        "catalogs": {
            "stars": {"path": "stars.csv", "surveys": ["ztf", "wntr"]},
            "ztf": {"alerts": "ztf", "surveys": ["wntr"]},
            "unused": {"path": "stars.csv", "surveys": ["pgir"]},
        },
        "models": {"bright": model, "unused": {**model, "surveys": ["pgir"]}},
        "skymaps": {"chunks": 3, "calibration": {"tracks": 20, "jobs": 2}},
    }
    (workdir.path / "config/config.yaml").write_text(yaml.safe_dump(config))
    write_lines(
        workdir, "alerts.tsv",
        ("survey", "night", "path", "shards"),
        ("ztf", "1", "http://127.0.0.1/night.tar.gz", 2),
        ("ztf", "2", "night", 1),
        ("wntr", "1", "night", 3),
    )  # fmt: skip
    write_lines(
        workdir, "events.tsv",
        ("event", "path", "reco", "nsides", "chunks"),
        ("a", "event.json", "", "", ""),
        ("b", "event.json", "planewave", "", 1),
        ("c", "event.json", "planewave", "4:0 16:6", 2),
    )  # fmt: skip
    (workdir.path / "event.json").write_text("{}")
    found = plan(workdir)
    assert jobs(found) == workdir.planned()
    once = Counter(rule["once"] for rule in found["rules"])
    assert once[True] == 4  # convert_model, simulate_tracks, scan_tracks, calibrate
    other = ("--configfile", str(workdir.path / "other.yaml"))
    (workdir.path / "other.yaml").write_text(
        "engine: tensorflow\nmodels: {bright: {path: a.h5}, unused: {path: a.h5}}\n"
        "skymaps: {refine: minimum, calibration: }\n"
    )
    (workdir.path / "a.h5").write_bytes(b"")
    found = plan(workdir, *other)
    assert jobs(found) == workdir.planned(*other)
    assert "convert_model" not in jobs(found)
