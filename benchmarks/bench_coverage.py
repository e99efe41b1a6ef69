"""How often a calibrated region holds the truth of tracks that it was not calibrated with.

The levels come from 200 simulated tracks in layered ice, the shares from 200 others; both are
scanned over the whole sky as an event is. It takes about 15 minutes of CPU. Here the unit is
per cent: neither more nor less is better, 90 ± 4 is what is wanted. Beside it stands what the
region of Wilks' theorem holds.
"""

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from measure import Figure, figure

from pipeline.events.geometry import ic86_like
from pipeline.simulate.events import write_events
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.calibration.contour_levels import calibrate, coverage
from pipeline.skymaps.calibration.measured_tracks import measure
from pipeline.skymaps.recos.pandel_table import load_table

RECO, NSIDES = "pandel_spe1st", "8:0 64:12 512:24"
CONTENTS = (0.5, 0.9)


def run(quick: bool) -> list[Figure]:
    """Calibrate on one set of tracks, test on another.

    Parameters
    ----------
    quick : bool
        20 tracks each.
    """
    tracks = 20 if quick else 200
    load_table()  # builds it where the cache has none
    known, others = _statistics(1, tracks), _statistics(2, tracks)
    figures = []
    for contour in calibrate(known, CONTENTS):
        share, error = coverage(others, contour.level)
        by_wilks, _ = coverage(others, contour.wilks)
        row = figure(
            f"{contour.containment:.0%} region holds the truth",
            100 * share,
            "%",
            goal=100 * contour.containment,
            note=f"± {100 * error:.1f} % of {tracks} tracks; Wilks' region: {by_wilks:.1%}",
        )
        figures.append(row)
    return figures


def _statistics(seed: int, tracks: int) -> list[float]:
    """Return 2Δllh of the truths of simulated tracks, scanned by all cores."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor() as workers:
        events = write_events(tracks, seed, Path(folder) / "tracks", "layered", ic86_like())
        return list(workers.map(_statistic, events))


def _statistic(event: Path) -> float:
    return measure(event, RECO, parse_nsides(NSIDES)).statistic


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    for row in run(quick="--quick" in sys.argv):
        print(row)
