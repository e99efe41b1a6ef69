"""Tables of the convolved Pandel function: cubic splines that the fits evaluate.

One uniform grid in u = (t + 140) / (t + 940) and x = √d_eff holds the whole plane: u is
fine where the light arrives and coarse in the tail, √d_eff is where the function is smooth.
The splines have continuous second derivatives, so that a fit may use gradients. Three of
them share the grid: log P, log of its survival function and log(P + FLOOR), which is what
single photo-electrons are fitted with: it saves a logarithm and an exponential a DOM.

With d_eff in [2.25, 625] m and t in [-120, 12000] ns the error of log(P + FLOOR) is < 1e-4
at the worst place, where P is about FLOOR, and 2e-6 rms; so is that of log P and log SF
where P > 1e-13 (tests/unit/test_recos_table.py). An earlier photon has P = 0; a later or a
farther one has the P of the edge.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from pipeline.contract.provenance import source_hash
from pipeline.io.atomic import atomic_path
from pipeline.skymaps.recos.track import FLOOR, T_SCALE, T_SHIFT, U_STEP, X_FIRST, X_STEP

N_U, N_X = 640, 252
"""Nodes: up to t = 18000 ns and d_eff = 666 m, which keeps the splines' ends away."""


@dataclass(frozen=True, eq=False)
class PandelTable:
    """Spline coefficients, each of shape (N_U, N_X), C-contiguous float64."""

    floored: NDArray[np.float64]
    log_pdf: NDArray[np.float64]
    log_sf: NDArray[np.float64]


def default_path() -> Path:
    """Return where the table is kept when nobody names a file: the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "nightmill" / f"pandel-{_code()}.npz"


@cache
def _code() -> str:
    """Return what identifies the code and constants that make the table: it goes with them."""
    return source_hash(f"{__name__}:calculate")


def calculate() -> PandelTable:
    """Calculate the tables (3 s)."""
    from scipy.ndimage import spline_filter  # noqa: PLC0415 - a fit does not need scipy

    from pipeline.skymaps.recos.convolved import log_pdf, log_sf  # noqa: PLC0415

    u = U_STEP * np.arange(N_U)
    t = T_SCALE * u / (1 - u) - T_SHIFT
    d_eff = (X_FIRST + X_STEP * np.arange(N_X)) ** 2
    pdf = np.array([log_pdf(d_eff, row) for row in t])
    sf = np.array([log_sf(d_eff, row) for row in t])
    values = (np.log(np.exp(pdf) + FLOOR), pdf, sf)
    return PandelTable(*(spline_filter(value, order=3, mode="mirror") for value in values))


def build_table(path: str | Path) -> None:
    """Calculate the tables and write them, whole or not at all (4 MB)."""
    _write(calculate(), path)


def _write(table: PandelTable, path: str | Path) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, code=_code(), **vars(table))


def load_table(path: str | Path | None = None) -> PandelTable:
    """Read the tables.

    Parameters
    ----------
    path : str, Path or None
        What `build_table` wrote. None: the user's cache folder, filled if it is empty.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is not a table that this code made.
    """
    if path is None:
        path = default_path()
        if not path.exists():
            return _fill_cache(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            code, arrays = str(file["code"]), [file[n] for n in PandelTable.__dataclass_fields__]
    except (KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: not a table of the Pandel function ({error})") from error
    if code != _code() or any(a.shape != (N_U, N_X) for a in arrays):
        raise ValueError(f"{path}: a table that other code made; remove it, to have it made anew")
    return PandelTable(*arrays)


def _fill_cache(path: Path) -> PandelTable:
    """Calculate the tables and keep them where that is possible.

    Jobs that start together all come here at first, so each writes a file of its own.
    """
    table = calculate()
    own = path.with_name(f"{path.stem}.{uuid4().hex}.npz")
    with suppress(OSError):  # a home that cannot be written, as in a container: 3 s each time
        _write(table, own)
        own.replace(path)
    return table
