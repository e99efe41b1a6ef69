"""How far below the best fit contours are drawn: 2Δllh, by Wilks or from a calibration."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CONTENTS = {"50": 0.5, "90": 0.9, "3sigma": 0.9973002039367398}
"""Names of the contours and the probability that each should contain."""


@dataclass(frozen=True)
class Levels:
    """Contour levels.

    Attributes
    ----------
    two_delta_llh : dict of str to float
        For each name in `CONTENTS`.
    source : str
        Where they come from, in words for a figure or a FITS header.
    """

    two_delta_llh: dict[str, float]
    source: str


def wilks(content: float) -> float:
    """Return the 2Δllh that contains `content` of the truth by Wilks' theorem, 2 parameters.

    >>> [round(wilks(content), 2) for content in CONTENTS.values()]
    [1.39, 4.61, 11.83]
    """
    return float(-2 * np.log1p(-content))


def wilks_levels() -> Levels:
    """Return the levels that hold where there is no calibration."""
    levels = {name: wilks(content) for name, content in CONTENTS.items()}
    return Levels(levels, "Wilks' theorem, 2 degrees of freedom")


def calibrated_levels(path: str | Path, reco: str) -> Levels:
    """Read the levels of a calibration table.

    Parameters
    ----------
    path : str or Path
        What `pipeline.skymaps.calibration` wrote.
    reco : str
        The reconstruction that was used; the table must be its own.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no calibration table of this reconstruction with all `CONTENTS`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such calibration table")
    try:
        table = json.loads(path.read_text())
        name, tracks = str(table["reco"]), int(table["tracks"])
        known = {float(c["containment"]): float(c["level"]) for c in table["contours"]}
        levels = {
            key: next(level for p, level in known.items() if np.isclose(p, content, atol=1e-6))
            for key, content in CONTENTS.items()
        }
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise ValueError(f"{path}: no calibration table of 50, 90 % and 3σ: {error}") from error
    if name != reco:
        raise ValueError(f"{path}: a calibration of {name}, not of {reco}")
    if not 0 < levels["50"] < levels["90"] < levels["3sigma"] < np.inf:
        raise ValueError(f"{path}: the levels do not ascend: {levels}")
    return Levels(levels, f"calibrated with {tracks} simulated tracks ({reco})")
