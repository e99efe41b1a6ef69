"""Time the fits of pixels and a full scan of a real event.

The peer fits the same likelihood the plain way: scipy's Nelder-Mead over numpy and the exact
convolved Pandel function, without table, gradient or compiled code. All are CPU seconds of
one process on one core. `../shared` must lie beside the checkout.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import Figure, cpu, figure
from scipy.optimize import minimize

from pipeline.events.directions import travel_direction
from pipeline.events.event import first_pulses
from pipeline.events.files import read_event
from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.recos.base import point
from pipeline.skymaps.recos.convolved import log_pdf
from pipeline.skymaps.recos.pandel import PandelLikelihood, PandelSpe1st
from pipeline.skymaps.recos.pandel_table import build_table, load_table
from pipeline.skymaps.recos.planewave import PlaneWave
from pipeline.skymaps.recos.track import COS_C, DELAY, E_0, E_1, E_2, E_D, SIN_C
from pipeline.skymaps.scan.rounds import Scan, scan_all

SHARED = Path(__file__).parents[2] / "shared/data/icecube"
DOMS = 144
NOTE = f"{DOMS} DOMs; the start in the middle of the hits comes on top"
NEAR = f"near the best fit; {NOTE}"
NSIDES = "8:0 64:12 512:24"


def run(quick: bool) -> list[Figure]:
    """Time them.

    Parameters
    ----------
    quick : bool
        Fewer pixels, and a scan of the first two levels only.
    """
    event = read_event(SHARED / "events/138632_31747601.json", SHARED / "ic86_geometry.csv")
    load_table()  # builds it where the cache has none
    hits = first_pulses(event)[:DOMS]
    likelihood = PandelLikelihood(hits, np.ones(DOMS))
    mpe = PandelLikelihood(hits, np.clip(np.rint(hits["charge"]), 1, 10))
    near = _directions(event, 100 if quick else 1000)
    sky = np.ascontiguousarray(healpix.pixel_to_vec(8, np.arange(0, 768, 8 if quick else 1)))
    ring = PandelSpe1st.variations
    plain, ours = _plain(hits, near[: 2 if quick else 10], event), []
    for likelihood_of, name in ((likelihood, "pandel_spe1st"), (mpe, "pandel_mpe")):
        single = name == "pandel_spe1st"
        one = _per_pixel(likelihood_of, near, point(), event)
        five = _per_pixel(likelihood_of, near, ring, event)
        far = _per_pixel(likelihood_of, sky, ring, event)
        peer, goals = (plain, (1.0, 5.0)) if single else (None, (None, None))
        ours += [
            figure(f"{name}, 1 start", one, "CPU ms/pixel", peer=peer, goal=goals[0], note=NEAR),
            figure(f"{name}, 5 starts", five, "CPU ms/pixel", goal=goals[1], note=NEAR),
            figure(f"{name}, 5 starts, whole sky", far, "CPU ms/pixel", goal=goals[1], note=NOTE),
        ]
    wave = _per_pixel(PlaneWave().load(event), sky, point(), event)
    scan, pixels = _scan(event, "8:0 64:12" if quick else NSIDES)
    return [
        *ours,
        figure("planewave, whole sky", wave, "CPU ms/pixel", note="154 DOMs"),
        figure("scan of event 138632", scan, "CPU s", goal=15, note=f"{pixels} pixels, 154 DOMs"),
        figure("build the table, once", _table(), "CPU s", goal=20, note="4 MB"),
        figure("import the reconstruction", _import(), "CPU s", goal=1, note="best of 3"),
    ]


def _directions(event, number: int) -> np.ndarray:
    """Return directions within some degrees of the seed."""
    seed = travel_direction(event.seed.zenith, event.seed.azimuth)
    around = seed + np.random.default_rng(0).normal(scale=np.radians(2), size=(number, 3))
    return around / np.linalg.norm(around, axis=1)[:, None]


def _per_pixel(likelihood, directions, variations, event) -> float:
    starts = variations.vertices(directions, np.tile(event.seed.vertex, (len(directions), 1)))
    likelihood.fit(directions[:2], starts[:2])  # compiled and in the caches
    return 1e3 * cpu(lambda: likelihood.fit(directions, starts))[0] / len(directions)


def _plain(hits, directions, event) -> float:
    """Fit as one would without this project; ms a pixel with one start."""
    places = np.column_stack([hits[axis] for axis in "xyz"])

    def negative(track, p, across):
        offset = places - (event.seed.vertex[:3] + track[:2] @ across)
        along = offset @ p
        d = np.linalg.norm(offset - along[:, None] * p, axis=1)
        cos = (offset[:, 2] - (along - d * COS_C / SIN_C) * p[2]) * SIN_C / d
        delay = hits["time"] - event.seed.t - track[2] - along / 0.299792458 - DELAY * d
        d_eff = E_0 + E_D * d + E_1 * cos + E_2 * cos**2
        return -np.log(np.exp(log_pdf(d_eff, delay)) + 1e-8).sum()

    def fit_all():
        for p in directions:
            across = np.linalg.svd(p[None])[2][1:]
            minimize(negative, np.zeros(3), args=(p, across), method="Nelder-Mead")

    return 1e3 * cpu(fit_all)[0] / len(directions)


def _scan(event, nsides: str) -> tuple[float, int]:
    """Scan in a process of its own, as a job does; CPU seconds and pixels."""
    before = _with_children()
    with tempfile.TemporaryDirectory() as cache:
        state = scan_all(Scan(event, "pandel_spe1st", parse_nsides(nsides)), cache)
    return _with_children() - before, sum(len(rows) for rows in state.pixels.values())


def _with_children() -> float:
    """Return the CPU seconds of this process and of those it waited for."""
    usage = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def _table() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return cpu(lambda: build_table(Path(folder) / "table.npz"))[0]


def _import() -> float:
    module = "pipeline.skymaps.recos.pandel"
    code = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
    commands = [[sys.executable, "-c", code]] * 3
    return min(float(subprocess.run(c, capture_output=True, check=True).stdout) for c in commands)
