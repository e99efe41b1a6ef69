"""What a person reads of a run: a line a rule, a reason once, what was tried again."""

import os
import pty
import re
import subprocess

import pytest
from workdir import copy_checkout, make_workdir

pytestmark = pytest.mark.workflow
KILLED_ONCE = """
import os, signal
from pathlib import Path
with job(snakemake.log[0]) as log:
    log.info("working")
    if not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run_on_terminal(workdir, *arguments) -> str:
    """Return all that a run writes to a terminal."""
    terminal, end = pty.openpty()
    run = subprocess.Popen(
        workdir.command(*arguments), cwd=workdir.path, env=workdir.environment(TERM="xterm"),
        stdin=subprocess.DEVNULL, stdout=end, stderr=end,
    )  # fmt: skip
    os.close(end)
    said = b""
    try:
        while more := os.read(terminal, 65536):
            said += more
    except OSError:  # Linux: all have closed it
        pass
    assert run.wait() == 0, said.decode()
    return said.decode()


def test_a_line_a_rule(workdir):
    workdir.configure(shards=2)
    said = run_on_terminal(workdir, "--cores", "2", "--nocolor")
    # what is left of a line when it has been written over
    lines = [line.rpartition("\x1b[2K")[2].strip("\r") for line in said.split("\n")]
    start = next(n for n, line in enumerate(lines) if re.match(r"\d+ jobs: ", line))
    end = lines.index("Results are in results")
    rules = [
        re.fullmatch(r" ?\d+ of \d+  (\w+): \d jobs?, \d+ s", x) for x in lines[start + 1 : end]
    ]
    assert all(rules), lines
    # the number of jobs is the sum of what stands behind it, and where the last line ends
    total, _, counts = lines[start].partition(" jobs: ")
    assert int(total) == sum(int(count) for count in re.findall(r" (\d+)", " " + counts))
    assert lines[end - 1].startswith(f"{total} of {total}  ")
    names = [rule[1] for rule in rules]
    assert len(set(names)) == len(names)
    assert {"index", "decode", "score", "match", "sort_catalog", "convert_model"} <= set(names)
    # Snakemake's own log has the whole
    (log,) = (workdir.path / ".snakemake/log").glob("*.log")
    assert "rule decode:" in log.read_text()
    assert str(log) in said


def test_what_stays_is_told_once_and_not_tried_again(workdir):
    good = (workdir.path / "bright.onnx").read_bytes()
    (workdir.path / "bright.onnx").write_bytes(b"no model")
    output = workdir.snakemake("--cores", "1", "--retries", "2", ok=False)
    assert output.count("bright.onnx: ") == 1
    assert output.count("failed: convert_model bright") == 1
    assert "tried again" not in output
    assert "Traceback" not in output
    assert "Traceback" in (workdir.path / "logs/convert_model/bright.log").read_text()
    # a new run tries anew, of the same as of what was mended
    assert "failed: convert_model" in workdir.snakemake("--cores", "1", "--retries", "2", ok=False)
    (workdir.path / "bright.onnx").write_bytes(good)
    assert "failed" not in workdir.snakemake("--cores", "1", "--retries", "2")


def test_what_was_killed_is_tried_again(tmp_path):
    """And of a job that does not come to say why, what it said is shown."""
    (tmp_path / "work").mkdir()
    workdir = make_workdir(tmp_path / "work")
    workdir.checkout = copy_checkout(tmp_path / "clone", ["workflow"])
    script = workdir.checkout / "workflow/scripts/sort_catalog.py"
    head, _, rest = script.read_text().partition("\nwith ")
    script.write_text(f"{head}{KILLED_ONCE}\nwith {rest}")
    output = workdir.snakemake("--cores", "1", "--retries", "1")
    assert output.count("failed: sort_catalog stars: died with SIGKILL\n") == 1
    assert output.count("tried again: sort_catalog stars\n") == 1
    assert "Results are in results" in output

    (workdir.path / "killed").unlink()
    output = workdir.snakemake("--cores", "1", "--forcerun", "sort_catalog", ok=False)
    assert "  sort_catalog stars: it ended without a word, as if killed" in output
    assert re.search(r"^    \S+ \S+ INFO working$", output, flags=re.MULTILINE)
