"""The documentation's example of a reconstruction of one's own, installed and used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.events.geometry import ic86_like
from pipeline.simulate.events import write_events

EXAMPLE = Path(__file__).parents[2] / "docs/examples/linefit"

USE = """
import json, sys, tempfile
from pipeline.sky.nsides import parse_nsides
from pipeline.events.files import read_event
from pipeline.skymaps.recos.registry import names
from pipeline.skymaps.scan.rounds import Scan, scan_all

with tempfile.TemporaryDirectory() as cache:
    state = scan_all(Scan(read_event(sys.argv[1]), "linefit", parse_nsides("4:0 32:12")), cache)
best = state.best()
print(json.dumps([names(), len(state.failures), int(best["nside"]), float(best["llh"])]))
"""


def test_a_package_brings_a_reconstruction(tmp_path):
    pytest.importorskip("setuptools", reason="the example is built with setuptools")
    source, target = tmp_path / "source", tmp_path / "site"
    shutil.copytree(EXAMPLE, source)
    install = ["--no-deps", "--no-build-isolation", "--target", str(target), str(source)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline"]
    subprocess.run([*uv, "--python", sys.executable, *install], check=True)
    event = write_events(1, 4, tmp_path / "events", "uniform", ic86_like())[0]
    environment = os.environ | {"PYTHONPATH": str(target)}
    run = [sys.executable, "-c", USE, str(event)]
    out = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    names, failures, nside, llh = json.loads(out)
    assert {"linefit", "pandel_spe1st", "planewave"} <= set(names)
    assert (failures, nside) == (0, 32)
    assert 0 <= llh < 0.5 * (np.radians(2.0) / np.radians(5.0)) ** 2  # within a pixel
