"""What a scan knows about its pixels, in memory and on disk."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.io.atomic import atomic_path

PIXEL_DTYPE = np.dtype(
    [
        ("nside", "i4"),
        ("index", "i8"),
        *((name, "f8") for name in ("llh", "E_in", "E_tot", "X", "Y", "Z", "T")),
        ("seconds", "f4"),
    ]
)
"""A reconstructed pixel: RING index, −log L, energies [GeV], vertex [m, ns], time it took."""

COLUMN_OF = {"llh": "llh", "e_in": "E_in", "e_tot": "E_tot"} | {v: v.upper() for v in "xyzt"}
"""Our column for each field of a reconstruction's fit."""

REASON_LENGTH = 200


class Failure(NamedTuple):
    """A pixel without a result, and why."""

    nside: int
    index: int  # type: ignore[assignment]  # instead of tuple's method, which nobody calls
    reason: str


@dataclass
class Part:
    """Results of some pixels: a round, or one job's share of it.

    Attributes
    ----------
    pixels : numpy.ndarray
        Of dtype `PIXEL_DTYPE`; no llh is NaN.
    failures : list of Failure
        The others that were tried.
    """

    pixels: np.ndarray = field(default_factory=lambda: np.zeros(0, PIXEL_DTYPE))
    failures: list[Failure] = field(default_factory=list)


def joined(parts: Iterable[Part], pixels: dict[int, np.ndarray]) -> Part:
    """Join results that came in any order, sorted by nside and index.

    Parameters
    ----------
    parts : iterable of Part
        Results.
    pixels : dict of int to numpy.ndarray
        By nside, the indices that must be there, each once, and nothing else.

    Raises
    ------
    ValueError
        If pixels are missing, came twice, or were not asked for; the message names the first.
    """
    parts = list(parts)
    rows = np.concatenate([np.zeros(0, PIXEL_DTYPE), *(part.pixels for part in parts)])
    rows = rows[np.lexsort((rows["index"], rows["nside"]))]
    failures = sorted(failure for part in parts for failure in part.failures)
    wanted = Counter((nside, int(i)) for nside, index in pixels.items() for i in index)
    came = Counter([*rows[["nside", "index"]].tolist(), *(f[:2] for f in failures)])
    for words, wrong in (("missing", wanted - came), ("not asked for", came - wanted)):
        if wrong:
            nside, index = min(wrong)
            raise ValueError(
                f"{wrong.total()} results are {words}, the first of pixel {index} at nside {nside}"
            )
    return Part(rows, failures)


class State:
    """All results of a scan so far: what the next round is chosen from.

    Attributes
    ----------
    pixels : dict of int to numpy.ndarray
        By nside, of dtype `PIXEL_DTYPE`, sorted by index.
    failures : list of Failure
        Sorted.
    """

    def __init__(self) -> None:
        self.pixels: dict[int, np.ndarray] = {}
        self.failures: list[Failure] = []
        self._done: dict[int, np.ndarray] = {}

    def add(self, parts: Iterable[Part]) -> None:
        """Add the results of a round; a pixel must not come twice."""
        parts = list(parts)
        failures = [failure for part in parts for failure in part.failures]
        self.failures = sorted(self.failures + failures)
        rows = np.concatenate([np.zeros(0, PIXEL_DTYPE), *(part.pixels for part in parts)])
        tried = np.array([(f.nside, f.index) for f in failures], np.int64).reshape(-1, 2)
        for nside in np.union1d(rows["nside"], tried[:, 0]).tolist():
            new = rows[rows["nside"] == nside]
            old = self.pixels.get(nside, np.zeros(0, PIXEL_DTYPE))
            self.pixels[nside] = np.sort(np.concatenate([old, new]), order="index")
            done = [self.done(nside), new["index"], tried[tried[:, 0] == nside, 1]]
            self._done[nside] = np.sort(np.concatenate(done))

    def done(self, nside: int) -> np.ndarray:
        """Return the indices of all pixels that were tried at an nside, sorted."""
        return self._done.get(nside, np.zeros(0, np.int64))

    def best(self) -> np.void | None:
        """Return the pixel with the lowest llh; of equal ones the lowest nside and index."""
        minima = [
            rows[np.argmin(rows["llh"])] for _, rows in sorted(self.pixels.items()) if len(rows)
        ]
        return min(minima, key=lambda row: row["llh"], default=None)

    def best_found(self) -> np.void:
        """Return `best` of a finished scan, which has one (`pipeline.skymaps.scan.rounds`).

        Raises
        ------
        ValueError
            If no pixel has a result.
        """
        best = self.best()
        if best is None:
            raise ValueError(f"no pixel has a result, of {len(self.failures)} that were tried")
        return best


def write_all(state: State, fingerprint: str, path: str | Path) -> None:
    """Write all results of a scan as one `Part`."""
    pixels = [rows for _, rows in sorted(state.pixels.items())]
    rows = np.concatenate([np.zeros(0, PIXEL_DTYPE), *pixels])
    write_part(Part(rows, state.failures), fingerprint, path)


def read_all(path: str | Path, fingerprint: str) -> State:
    """Read what `write_all` wrote.

    Raises
    ------
    ValueError
        If there is no such file, or it is damaged or of another scan.
    """
    part = read_part(path, fingerprint)
    if part is None:
        raise ValueError(f"{path}: missing, or of another scan than this")
    state = State()
    state.add([part])
    return state


def write_part(part: Part, fingerprint: str, path: str | Path) -> None:
    """Write a part as ``.npz``, whole or not at all; one without pixels is a valid file."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            fingerprint=fingerprint,
            pixels=part.pixels,
            failed=np.array([f[:2] for f in part.failures], np.int64).reshape(-1, 2),
            reasons=np.array([f.reason[:REASON_LENGTH] for f in part.failures], np.str_),
        )


def read_part(path: str | Path, fingerprint: str) -> Part | None:
    """Read a part; None where there is none, or one of another scan.

    Parameters
    ----------
    path : str or Path
        What `write_part` wrote.
    fingerprint : str
        Of the scan: another one's file does not count.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as content:
            if str(content["fingerprint"]) != fingerprint:
                return None
            pixels, failed, reasons = (content[k] for k in ("pixels", "failed", "reasons"))
    except Exception as error:  # numpy raises anything from BadZipFile to KeyError
        raise ValueError(f"{path}: no part of a scan: {error}") from error
    pairs = zip(failed.tolist(), reasons.tolist(), strict=True)
    return Part(pixels, [Failure(nside, index, reason) for (nside, index), reason in pairs])
