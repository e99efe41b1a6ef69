"""Of jobs that run at a time, one draws a bar on their terminal; the others write to their logs."""

import os
import pty
import subprocess
import sys

SCAN = """
import logging, sys, time
from pathlib import Path
from pipeline.contract.job import job
from pipeline.io.progress import progress

with job(sys.argv[1]), progress(sys.argv[2], 3) as advance:
    Path(sys.argv[1] + ".began").touch()
    while not all(Path(name).exists() for name in sys.argv[3:]):
        time.sleep(0.01)
    for _ in range(3):
        advance(1)
        time.sleep(0.2)
"""


def read_all(terminal: int) -> str:
    """Return what was written to a terminal until all have closed it."""
    said = b""
    try:
        while more := os.read(terminal, 65536):
            said += more
    except OSError:  # Linux: the other end is closed
        pass
    return said.decode()


def test_one_of_them_draws(tmp_path):
    terminal, stderr = pty.openpty()
    names = ["one", "two", "three"]
    began = [tmp_path / f"{name}.log.began" for name in names]
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", SCAN, tmp_path / f"{name}.log", f"scan {name}", *began],
            stderr=stderr,
        )
        for name in names
    ]
    os.close(stderr)
    said = read_all(terminal)
    assert [job.wait() for job in jobs] == [0, 0, 0]
    drawn = [name for name in names if f"scan {name}" in said]
    assert len(drawn) == 1
    for name in names:
        log = (tmp_path / f"{name}.log").read_text()
        assert (f"scan {name}: 3 of 3" in log) == (name not in drawn)


def test_without_a_terminal_a_log_has_the_lines(tmp_path):
    command = [sys.executable, "-c", SCAN, tmp_path / "a.log", "scan a"]
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
    assert ended.stderr == ""
    assert "scan a: 3 of 3" in (tmp_path / "a.log").read_text()
