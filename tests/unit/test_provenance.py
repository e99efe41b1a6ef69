"""A change of code that can change a result changes the hash of what depends on it only."""

import os
from pathlib import Path

import pytest

from pipeline.contract import provenance
from pipeline.plan.fingerprint import fingerprint

TOOL = """import numpy
from pipeline.part import deep
def use():
    return deep.A
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    files = {
        "__init__.py": "",
        "job.py": "from pipeline.part.tool import use\nuse()\n",
        "other.py": "X = 1\n",
        "part/__init__.py": '"""Docs."""\n',
        "part/tool.py": TOOL,
        "part/deep.py": "A = 1\n",
    }
    root = tmp_path / "pipeline"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(provenance, "ROOT", root)

    def changed(name, text):
        provenance._read.cache_clear()
        before = provenance.source_hash("pipeline.job")
        (root / name).write_text(text)
        provenance._read.cache_clear()
        return provenance.source_hash("pipeline.job") != before

    yield changed
    provenance._read.cache_clear()


def test_what_counts(package):
    assert package("part/deep.py", "A = 2\n")
    assert package(
        "part/tool.py", "from pipeline.part import deep\ndef use():\n    return -deep.A\n"
    )
    assert package("job.py", "from pipeline.part.tool import use\nuse(), 1\n")


def test_what_does_not(package):
    assert not package("other.py", "X = 2\n")
    assert not package("part/deep.py", "# why\nA  =  1\n")
    documented = TOOL.replace("def use():", 'def use():\n    """Docs."""')
    assert not package("part/tool.py", documented)


def test_unknown_module():
    with pytest.raises(ModuleNotFoundError, match=r"pipeline\.nothing"):
        provenance.source_hash("pipeline.nothing")


def test_real_modules_differ():
    assert provenance.source_hash("pipeline.contract.paths") != provenance.source_hash(
        "pipeline.sky.healpix"
    )


def test_fingerprint(tmp_path):
    file = tmp_path / "a" / "x.avro"
    file.parent.mkdir()
    file.write_bytes(b"1")
    of_both = [fingerprint(path) for path in (tmp_path, file)]
    assert [fingerprint(path) for path in (tmp_path, file)] == of_both
    file.write_bytes(b"22")
    longer = [fingerprint(path) for path in (tmp_path, file)]
    os.utime(file, ns=(0, file.stat().st_mtime_ns - 1))
    older = [fingerprint(path) for path in (tmp_path, file)]
    for first, second, third in zip(of_both, longer, older, strict=True):
        assert len({first, second, third}) == 3
    assert fingerprint(tmp_path / "missing") == ""


def test_no_fingerprint_of_what_the_workflow_makes(tmp_path, monkeypatch):
    """It is missing when the first run is planned, and would be new to the second."""
    monkeypatch.chdir(tmp_path)
    model = Path("results/models/trained/realbogus.h5")
    model.parent.mkdir(parents=True)
    model.write_bytes(b"1")
    assert fingerprint(model) == fingerprint(str(model)) == fingerprint("results") == ""
