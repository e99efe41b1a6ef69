"""The same code replans nothing, wherever it lies; what can change a result reruns just that."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_skymaps_events import event
from workdir import Workdir, copy_checkout

from pipeline.events.files import write_event

pytestmark = pytest.mark.workflow
SCANS = {"scan_chunk", "scan", "summarise_skymaps"}


@pytest.fixture(scope="module")
def both(tmp_path_factory, finished) -> Workdir:
    """Return a directory with results of a night and of an event that is scanned in chunks."""
    directory = Workdir(tmp_path_factory.mktemp("both") / "work")
    copy_tree(finished.path, directory.path)
    write_event(event(), directory.path / "event.json", {"zenith": 0.5, "azimuth": 0.25})
    rows = "event\tpath\tchunks\nsim\tevent.json\t2\n"
    (directory.path / "config/events.tsv").write_text(rows)
    settings = {"reco": "dummy", "nsides": "2:0 8:12"}
    directory.configure(events="config/events.tsv", skymaps=settings)
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture
def elsewhere(both, tmp_path) -> Workdir:
    """Return a copy of it (with its times) and of the code (with the times of now)."""
    copy_tree(both.path, tmp_path / "work")
    checkout = copy_checkout(tmp_path / "clone")
    variables = {"PYTHONPATH": str(checkout / "src")}
    return Workdir(tmp_path / "work", variables, checkout=checkout)


def copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target)  # keeps time stamps


def change(directory: Workdir, name: str, old: str, new: str) -> None:
    path = directory.checkout / name
    text = path.read_text()
    assert old in text, name
    path.write_text(text.replace(old, new, 1))


def test_a_fresh_clone_replans_nothing(elsewhere):
    for path in elsewhere.checkout.rglob("*"):
        os.utime(path)
    assert elsewhere.planned() == {}


def test_nor_does_it_without_a_profile(elsewhere):
    elsewhere.profile = "none"
    assert elsewhere.planned("--cores", "1") == {}


IMPORT = "import numpy as np"
CHANGES = [
    # what changes no result
    ("scores/domain.py", "stored beside every score", "kept beside it", set()),
    ("crossmatch/domain.py", "the catalogue file", "its file", set()),
    ("io/atomic.py", "while writing", "when writing", set()),
    # what does
    ("skymaps/products/pictures.py", "DPI = 150", "DPI = 151", SCANS - {"scan_chunk"}),
    ("skymaps/scan/pixels.py", IMPORT, f"{IMPORT}\n\nA = 1", SCANS),
    ("skymaps/recos/dummy.py", IMPORT, f"{IMPORT}\n\nA = 1", SCANS),
    ("events/data/ic86_like.csv", ".", ".0", SCANS),
    ("alerts/jobs.py", "counts), Path(output))", "counts), Path(output, ''))", {"summary"}),
]


@pytest.mark.parametrize(("name", "old", "new", "rules"), CHANGES)
def test_a_change_of_code(elsewhere, name, old, new, rules):
    change(elsewhere, f"src/pipeline/{name}", old, new)
    assert set(elsewhere.planned()) == rules


@pytest.mark.parametrize(("name", "rules"), [("match", {"match"}), ("scan_chunk", SCANS)])
def test_an_edited_script(elsewhere, name, rules):
    change(elsewhere, f"workflow/scripts/{name}.py", "with job", "_ = 1\nwith job")
    assert set(elsewhere.planned()) == rules


def test_the_wording_of_errors(elsewhere):
    count = 0
    for path in elsewhere.checkout.rglob("*.py"):
        words = r'raise (ValueError|OSError|FileNotFoundError)\((f?)"'
        text, found = re.subn(words, r'raise \1(\2"In other words: ', path.read_text())
        path.write_text(text)
        count += found
    assert count > 20
    assert elsewhere.planned() == {}


def test_a_table_of_the_pandel_function_is_not_read_by_other_code(tmp_path):
    checkout = copy_checkout(tmp_path)
    names = set()
    for scattering in (None, "SCATTERING = 34.0"):
        if scattering:
            path = checkout / "src/pipeline/events/optics.py"
            text, count = re.subn(r"^SCATTERING = .*$", scattering, path.read_text(), flags=re.M)
            assert count == 1
            path.write_text(text)
        code = "from pipeline.skymaps.recos.pandel_table import default_path; print(default_path())"
        environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
        command = [sys.executable, "-c", code]
        names.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(names) == 2
