"""What a scan costs beside its reconstruction: choosing pixels, bookkeeping, files.

The fits are a formula in the process of their own, whose CPU seconds do not count; everything
that the scan itself does for a pixel counts: choosing it, its direction on the sky, handing
it over, the cache of its round, npz and JSON. Skymap Scanner's collector alone takes 0.9 to
1.3 ms a pixel at 10 000 pixels and grows with their number (shared/specs/skymaps.md).
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import Figure, figure

from pipeline.events.event import PULSE_DTYPE, Event, Seed
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.map.skymap import make_skymap
from pipeline.skymaps.products.multiorder import write_multiorder
from pipeline.skymaps.products.pictures import draw_sky, draw_zoom
from pipeline.skymaps.products.result_files import RESULT_DTYPE, write_npz, write_result_json
from pipeline.skymaps.scan.results import PIXEL_DTYPE, State
from pipeline.skymaps.scan.rounds import Scan, scan_all

SCANS = ("8:0 64:12 512:24", "8:0 64:12 512:300", "8:0 64:12 512:3000")
DONE_BYTES = 8  # the index of a pixel that was tried
JOB_MODULES = "pipeline.skymaps.scan.rounds, pipeline.events.files, pipeline.skymaps.scan.watch"


def run(quick: bool) -> list[Figure]:
    """Time scans of about 3000, 20 000 and 200 000 pixels; the last one not when quick."""
    seed = Seed(0.0, 0.0, 0.0, 0.0, 1.0, 2.0)
    pulses = np.ones(1, PULSE_DTYPE)
    event = Event(1, 1, "track", 60000.0, False, pulses, seed)
    _overhead(event, "1:0", [])  # astropy reads its tables once a process
    figures: list[Figure] = []
    for nsides in SCANS[: 2 if quick else 3]:
        _overhead(event, nsides, figures)
    peak = figures[-1]["ours"] / figures[0]["ours"]
    last = "the largest scan, relative to the smallest"
    figures.append(figure("growth a pixel", peak, "x", goal=1.0, note=last))
    state = PIXEL_DTYPE.itemsize + DONE_BYTES
    figures.append(figure("a pixel in memory", state, "B", goal=100))
    figures.append(
        figure("a pixel in the npz", RESULT_DTYPE.itemsize, "B", goal=100, note="JSON is text: 140")
    )
    figures += [figure("import of what a chunk needs", _import(), "CPU s", goal=1.0)]
    return figures + _products(event)


def _overhead(event: Event, nsides: str, figures: list[Figure]) -> None:
    scan = Scan(event, "dummy", parse_nsides(nsides))
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        state = scan_all(scan, folder)
        write_npz(event, state, Path(folder, "x.npz"))
        write_result_json(event, state, Path(folder, "x.json"))
        seconds = time.process_time() - started
    pixels = sum(map(len, state.pixels.values()))
    name = f"overhead of a scan of {pixels} pixels"
    note = f"ms CPU a pixel; {seconds:.2f} s in all"
    figures.append(figure(name, 1e3 * seconds / pixels, "ms", goal=0.05, note=note))


def _products(event: Event) -> list[Figure]:
    scan = Scan(event, "dummy", parse_nsides(SCANS[0]))
    with tempfile.TemporaryDirectory() as folder:
        state: State = scan_all(scan, folder)
        started = time.process_time()
        skymap = make_skymap(event, scan.levels, state, wilks_levels())
        write_multiorder("x", scan, skymap, Path(folder, "x.fits"))
        mapped = time.process_time()
        draw_sky(skymap, Path(folder, "sky.png"))
        draw_zoom(skymap, Path(folder, "zoom.png"), [])
        drawn = time.process_time()
    return [
        figure("contours and FITS", mapped - started, "CPU s", note="once an event"),
        figure("both pictures", drawn - mapped, "CPU s", note="once an event"),
    ]


def _import() -> float:
    """Return the CPU seconds of importing what a job of a scan imports, the median of five."""
    program = f"import time; t = time.process_time(); import {JOB_MODULES}; "
    program += "print(time.process_time() - t)"
    command = [sys.executable, "-c", program]
    times = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(5)]
    return float(np.median([float(t) for t in times]))
