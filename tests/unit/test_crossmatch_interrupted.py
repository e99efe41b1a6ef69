"""A store whose build a full disk or a signal ends: not there, and built by the next run."""

import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.entry import Source
from pipeline.crossmatch.store import open_store

ROWS_LARGE = 300_000
BUILD = """
import resource, sys
from pipeline.crossmatch.entry import Source
from pipeline.crossmatch.build import build_store
source, out, limit = sys.argv[1:]
if int(limit):
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
build_store(source, out, Source(path=source))
"""


@pytest.fixture
def large(tmp_path):
    rng = np.random.default_rng(2)
    rows = pa.table(
        {"ra": rng.uniform(0, 360, ROWS_LARGE), "dec": rng.uniform(-90, 90, ROWS_LARGE)}
    )
    pq.write_table(rows, tmp_path / "large.parquet")
    return tmp_path / "large.parquet"


def test_a_full_disk(tmp_path, large):
    """No file of the process may grow beyond a megabyte."""
    out = tmp_path / "store"
    command = [sys.executable, "-c", BUILD, str(large), str(out), "1000000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "OSError" in done.stderr and f"while writing {out}" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.parquet"]


def test_killed_and_run_again(tmp_path, large):
    out, part = tmp_path / "store", tmp_path / ".store.part"
    with subprocess.Popen([sys.executable, "-c", BUILD, str(large), str(out), "0"]) as process:
        while not (part.exists() and any(part.iterdir())):
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert part.exists() and not out.exists()
    build_store(large, out, Source(path=str(large)))
    assert len(open_store(out).ipix) == ROWS_LARGE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.parquet", "store"]
