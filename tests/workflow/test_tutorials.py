"""docs/tutorials: what they tell to type is typed, and what they quote is what is said."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from workdir import LONGEST_S, ROOT, copy_clone

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))
DOORS = {"student", "shifter", "survey-team", "developer"}
NOTEBOOK = ROOT / "docs/tutorials/student.ipynb"
_FENCE = re.compile(r"^```(bash|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BETWEEN = "\x1e\n"
"""Printed after each block: what comes before it is the block's."""


@dataclass(frozen=True)
class Step:
    """A block of commands, and what the page quotes of its output; nothing, if that is empty."""

    commands: str
    quoted: str = ""


def steps(page: str) -> list[Step]:
    """Return a page's blocks of commands in order; a block of text quotes the one before it."""
    found: list[Step] = []
    for language, text in _FENCE.findall(page):
        if language == "bash":
            found.append(Step(text))
        else:
            found[-1] = Step(found[-1].commands, text)
    return found


def type_in(typed: list[Step], folder: Path, checkout: Path) -> list[str]:
    """Run blocks one after the other in one shell; return what each says.

    The programs are those of the tests' environment, the package is the checkout's. A block fails
    if and only if the page quotes it failing.
    """
    script = ""
    for step in typed:
        fails = "failed" in step.quoted
        block = f"! (\nset -e\n{step.commands})\n" if fails else step.commands
        script += block + "printf '\\036\\n'\n"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment_of(checkout),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=LONGEST_S,
    )  # fmt: skip
    said = done.stdout.split(BETWEEN)
    assert done.returncode == 0, f"block {len(said)}: {typed[len(said) - 1].commands}\n{said[-1]}"
    return said[:-1]


def environment_of(checkout: Path) -> dict[str, str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": programs, "PYTHONPATH": str(checkout / "src"), "COLUMNS": "80"}


def assert_said(quoted: str, said: str) -> None:
    """Hold each line of a quotation to the output, in order; ``…`` is what is left out."""
    lines = iter(said.splitlines())
    for line in filter(lambda line: line.strip() not in ("", "…"), quoted.splitlines()):
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        assert any(pattern.fullmatch(one.rstrip()) for one in lines), f"{line!r} not in:\n{said}"


def test_each_door_has_one():
    assert {path.stem for path in TUTORIALS} == DOORS


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_it_is_as_the_page_says(path, tmp_path):
    page = path.read_text()
    assert 60 <= page.count("\n") <= 120
    own = "cd nightmill\n" in page  # who works on the clone has one
    checkout = copy_clone(tmp_path / "nightmill") if own else ROOT
    typed = steps(page)
    said = type_in(typed, tmp_path, checkout)
    for step, output in zip(typed, said, strict=True):
        assert_said(step.quoted, output)
    assert sum(bool(step.quoted) for step in typed) >= 3


def test_the_notebook_gives_what_it_shows(tmp_path):
    command = [sys.executable, str(ROOT / "docs/site/notebooks.py"), str(NOTEBOOK), "again.ipynb"]
    subprocess.run(command, cwd=tmp_path, env=environment_of(ROOT), check=True, timeout=LONGEST_S)
    shown, again = (
        json.loads(path.read_text())["cells"] for path in (NOTEBOOK, tmp_path / "again.ipynb")
    )
    for cell, new in zip(shown, again, strict=True):
        assert new["source"] == cell["source"]
        # pictures are drawn, not compared: another font moves a pixel
        kinds = [[output["output_type"] for output in c.get("outputs", [])] for c in (cell, new)]
        assert kinds[0] == kinds[1]
        assert texts(new) == texts(cell)
    assert any(
        output["output_type"] == "display_data" for c in again for output in c.get("outputs", [])
    )


def texts(cell: dict) -> list[str]:
    return ["".join(output["text"]) for output in cell.get("outputs", []) if "text" in output]
