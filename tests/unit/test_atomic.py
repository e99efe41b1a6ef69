"""Results appear whole or not at all."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from pipeline.io.atomic import atomic_path, write_json


def test_appears_at_the_end(tmp_path):
    path = tmp_path / "folder" / "result.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.name.startswith(".")
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_result(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_names_the_file(tmp_path):
    path = tmp_path / "result.txt"
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(path) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert f"while writing {path}" in caught.value.__notes__
    assert list(tmp_path.iterdir()) == []


def test_kill_leaves_nothing_that_looks_finished_and_a_rerun_cleans_up(tmp_path):
    path = tmp_path / "result.txt"
    code = (
        "import sys, os, signal; from pipeline.io.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as t:\n"
        "    t.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not path.exists()
    write_json({"a": 1}, path)
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []
