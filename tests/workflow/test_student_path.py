"""README.md's way from a clone to the page of one's own tarball, carried out as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import fastavro
import pytest
from workdir import LONGEST_S, ROOT, copy_clone

from pipeline.simulate.alerts import simulate_alerts

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
README = (ROOT / "README.md").read_text()
MOST = 4
"""Commands that a student types before there is a page."""


def commands() -> list[str]:
    """Return the commands of the README's only block that begins with a clone."""
    (block,) = re.findall(r"^```bash\n(git clone .*?)^```", README, re.MULTILINE | re.DOTALL)
    return block.replace("\\\n", " ").splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with a clone of the project and the README's tarball, and nothing else."""
    folder = tmp_path_factory.mktemp("student")
    clone, set_up, init, _ = commands()
    copy_clone(folder / clone.split()[-1])
    # the set-up is in place: the environment of the tests
    (target,) = re.fullmatch(r"make -C nightmill (\w+)(?: LIGHT=1)?", set_up).groups()
    makefile = (ROOT / "Makefile").read_text()
    assert f"\n{target}: $(VENV)/.stamp" in makefile and "\nVENV := .venv\n" in makefile
    (folder / clone.split()[-1] / ".venv").symlink_to(sys.prefix)
    put_tarball(folder, init.split()[-1])
    return folder


def put_tarball(folder: Path, name: str) -> None:
    """Put the real tarball of that name into a folder, or a simulated one where there is none."""
    real = ROOT.parent / "shared/data/alerts/ztf_tarballs" / name
    if real.is_file():
        shutil.copy(real, folder)
        return
    night = re.search(r"\d{8}", name)[0]
    simulate_alerts(folder / "made", 30, 1, night, format_="tarball")
    shutil.move(folder / "made" / name, folder)
    shutil.rmtree(folder / "made")


def test_they_are_few_and_plain():
    """One program a line: nothing is hidden behind && or a pipe."""
    assert len(commands()) <= MOST
    assert not [line for line in commands() if re.search(r"[&|;]", line)]


def test_the_page_is_there_and_counts_what_the_dump_has(folder):
    _, _, init, run = commands()
    environment = os.environ | {"PYTHONPATH": str(folder / "nightmill/src")}
    for command in (init, run):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False, timeout=LONGEST_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    packets = read(folder / init.split()[-1])
    alerts = len({packet["candid"] for packet in packets})
    objects = len({packet["objectId"] for packet in packets})
    (page,) = (folder / "results/report/ztf").glob("*.html")
    assert f"Looked at: {alerts} alerts of {objects} objects" in page.read_text()
    (table,) = (
        block
        for block in json.loads(page.with_suffix(".json").read_text())["parts"]["alerts"]
        if block.get("caption", "").startswith("Packets of the night")
    )
    counts = dict(table["rows"])
    assert counts["packets read"] == len(packets) > 0
    assert (counts["alerts"], counts["rejected"]) == (alerts, 0)
    # it is the page that the run and the README name
    assert f"results/report/ztf/{page.name}" in done.stdout + done.stderr
    assert "`results/report/index.html`" in README
    assert f"ztf/{page.name}" in (folder / "results/report/index.html").read_text()
    assert not (folder / "nightmill/results").exists()


def read(tarball: Path) -> list[dict]:
    """Return a tarball's packets as fastavro reads them."""
    with tarfile.open(tarball) as archive:
        members = [archive.extractfile(member) for member in archive if member.isfile()]
        return [packet for member in members for packet in fastavro.reader(member)]
