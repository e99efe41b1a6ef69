"""What is odd about a detector's geometry that a user brought: told before any job."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from pipeline.events.files import read_event
from pipeline.events.geometry import UnknownDomError, read_geometry

NARROWEST, WIDEST = 20.0, 20_000.0
"""How far a detector reaches [m]: IceCube 1.2 km, its Gen2 8 km, in kilometres 1, in cm 120,000."""
FARTHEST = 0.75
"""How far the middle of its depths lies from z = 0, in units of its height: IceCube's 0.02."""
FEWEST = 10
"""DOMs: fewer never make an alert."""


def geometry_problems(path: str | Path) -> Iterator[str]:
    """Yield what is wrong with a geometry file, or with what it says; nothing if all is well.

    Parameters
    ----------
    path : str or Path
        CSV or parquet of DOMs, as `pipeline.events.geometry.read_geometry` takes it.

    Yields
    ------
    str
        Names the file.
    """
    try:
        doms = read_geometry(path)
    except (OSError, ValueError) as error:
        yield str(error)
        return
    if len(doms) < FEWEST:
        yield f"{path}: {len(doms)} DOMs only; expected all of the detector's, at least {FEWEST}"
        return
    reach = max(float(np.ptp(doms[axis])) for axis in "xyz")
    if not NARROWEST <= reach <= WIDEST:
        yield (
            f"{path}: the DOMs reach over {reach:g} m; expected x, y and z in metres, "
            f"{NARROWEST:g} to {WIDEST:g} m in all"
        )
        return
    middle, height = float(doms["z"].max() + doms["z"].min()) / 2, float(np.ptp(doms["z"]))
    if abs(middle) > FARTHEST * max(height, NARROWEST):
        yield (
            f"{path}: z is {middle:.0f} m in the middle; expected the detector's own frame, z "
            "upwards from its middle (IceCube: 1948.07 m minus the depth)"
        )


def missing_doms(events: Iterable[str | Path], geometry: str | Path) -> Iterator[str]:
    """Yield, for each event with pulses of DOMs that a geometry lacks, a line that names them.

    Parameters
    ----------
    events : iterable of paths
        Event files. What else is wrong with one its own job tells.
    geometry : str or Path
        A geometry that can be read.
    """
    for path in events:
        try:
            read_event(path, geometry)
        except UnknownDomError as error:
            yield f"{error}; {geometry} lacks them"
        except (OSError, ValueError):
            continue
