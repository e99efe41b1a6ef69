"""A night with its page, and a browser to open it in."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from chromium import Browser, program
from workdir import ROOT, Workdir, make_workdir

from pipeline.cli.main import main

HOSTILE = "<script>document.title='owned'</script>\"'" + "x" * 10_000
TOOLS = Path(os.environ.get("NIGHTMILL_BROWSER_TOOLS", ROOT / ".venv/browser"))


@pytest.fixture(scope="session")
def browser():
    where = program()
    if where is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            command = ["apt-get", "--quiet", *arguments]
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        where = program()
    if where is None:
        pytest.skip("no Chromium, and no right to install one")
    opened = Browser(where)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    script = TOOLS / "axe_core_python/axe.min.js"
    if not script.is_file():
        pytest.skip(f"{script} is not there: make test-browser installs it")
    return script.read_text()


@pytest.fixture(scope="session")
def report(tmp_path_factory) -> Path:
    """Return the folder of the pages of two nights, with an event and hostile names."""
    from packets import container, packet

    from pipeline.simulate.alerts import simulate_alerts

    directory = make_workdir(tmp_path_factory.mktemp("browser"))
    path = directory.path
    dump = simulate_alerts(path / "sim", 150, 1, "20180202", format_="tarball", defects=0.05)
    events = ["-m", "pipeline.cli.main", "simulate", "events", "--number", "1", "--output", "ev"]
    subprocess.run([Workdir(path).command()[0], *events], cwd=path, check=True,
                   env=directory.environment(), stdout=subprocess.DEVNULL)  # fmt: skip
    (path / "hostile").mkdir()
    for i, name in enumerate((HOSTILE, "ZTF18abcdefg")):
        content = container([packet(10**6 + i, name, ra=20.0 + i)])
        (path / f"hostile/{i}.avro").write_bytes(content)
    directory.configure(report={"objects": 20}, events="config/events.tsv",
                        skymaps={"nsides": "8:0 64:12"})  # fmt: skip
    rows = [("survey", "night", "path"), ("ztf", "20180202", dump), ("ztf", "20180203", "hostile")]
    table = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (path / "config/alerts.tsv").write_text(table)
    (path / "config/events.tsv").write_text("event\tpath\nsim\tev/event_000000.json\n")
    assert yaml.safe_load((path / "config/config.yaml").read_text())["report"]
    directory.snakemake("--cores", "2")
    for name, page in (("sim", "event"), ("ZTF18abcdefg", "object"), (HOSTILE, "hostile")):
        file = path / f"results/report/{page}.html"
        assert main(["show", name, "--html", str(file), "--directory", str(path)]) == 0
    return path / "results/report"
