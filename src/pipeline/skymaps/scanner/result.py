"""A result of the Skymap Scanner as products take it: checked pixels, and whose they are."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.events.event import FIRST_MJD, FIRST_REAL_RUN, LARGEST_ID, LAST_MJD, LAST_REAL_RUN
from pipeline.sky import healpix
from pipeline.sky.nsides import Level
from pipeline.skymaps.scan.results import PIXEL_DTYPE, Failure, Part, State
from pipeline.skymaps.scanner.json_form import read_json
from pipeline.skymaps.scanner.npz_form import read_npz
from pipeline.skymaps.scanner.tables import Said, Tables

NAME = re.compile(r"run(\d{1,10})[-.]evt(\d{1,12})[-.]([\w-]{1,64}?)[-_](\d+(?:_\d+)*)", re.ASCII)
"""The name of a result, which tells of one without a header what it is of."""

# One from upstream's own tests lies at +3.28 deg for an event at -3.28: it predates the repair of
# declinations, and so may others without a header.
NO_LLH = "no finite llh in the result"
NO_HEADER = (
    "result without a header: time not known, declination perhaps mirrored; compare with the alert"
)
UNFINISHED = "the result is of a scan that had not finished"
BY_OTHERS = "a result of the Skymap Scanner"
UNNAMED = "unnamed"
"""What a result is called to be fitted by: it does not say itself."""


@dataclass(frozen=True)
class ResultHeading:
    """Which event a result is of: a `pipeline.skymaps.scan.subject.Heading`."""

    run_id: int
    event_id: int
    event_type: str
    mjd: float | None
    is_real: bool
    seed: None = None


@dataclass(frozen=True)
class Result:
    """A result: a `pipeline.skymaps.scan.subject.Subject`, and its pixels."""

    event: ResultHeading
    reco: str
    levels: tuple[Level, ...]
    pointed: bool
    scanned: str
    caution: str
    state: State
    ours: bool = False


def read_result(path: str | Path, reco: str = UNNAMED) -> Result:
    """Read and check a result of the Skymap Scanner, npz or JSON.

    Parameters
    ----------
    path : str or Path
        The file, with a header (since 2023) or without; then its name says run and event.
    reco : str
        What fitted it, which the file does not say.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged or no such result; the message names file and place.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such result of the Skymap Scanner")
    try:
        with path.open("rb") as file:
            packed = file.read(4) == b"PK\x03\x04"
        tables = read_npz(path) if packed or path.suffix == ".npz" else read_json(path)
        return _checked(tables, path.name, reco)
    except Exception as error:  # numpy raises anything from BadZipFile to SyntaxError
        words = str(error) or type(error).__name__
        raise ValueError(f"{path}: no {BY_OTHERS.removeprefix('a ')}: {words}") from error


def _checked(tables: Tables, name: str, reco: str) -> Result:
    if not tables.columns:
        raise ValueError("no nside in it")
    nsides = sorted(tables.columns)
    state = State()
    state.add(_part(nside, tables.columns[nside]) for nside in nsides)
    if state.best() is None:
        raise ValueError(f"{NO_LLH}, in none of {len(state.failures)} pixels")
    for fine in nsides[1:]:
        _check_nested(state, nsides[0], fine)
    first, number = nsides[0], len(state.done(nsides[0]))
    pointed = number < 12 * first**2
    how = "nsides " + ", ".join(map(str, nsides))
    part = f"nside {first}: {number} of {12 * first**2} pixels"
    said = tables.said
    cautions = [] if said else [NO_HEADER]
    cautions += [UNFINISHED] if said and not said.complete else []
    return Result(
        event=_heading(said) if said else _named(name, nsides),
        reco=reco,
        levels=tuple(Level(nside, 0 if nside == first else 1) for nside in nsides),
        pointed=pointed,
        scanned=f"pointed: {part}" if pointed else f"{BY_OTHERS}, {how}",
        caution="; ".join(cautions),
        state=state,
    )


def _part(nside: int, columns: dict[str, np.ndarray]) -> Part:
    """Return the pixels of one nside, each there once; those without an llh have failed."""
    index, where = columns["index"], f"nside-{nside}"
    if not len(index):
        raise ValueError(f"{where}: no pixel in it")
    if len(bad := np.flatnonzero((index < 0) | (index >= 12 * nside**2))):
        raise ValueError(f"{where}: index {index[bad[0]]}: expected 0 to {12 * nside**2 - 1}")
    order = np.argsort(index, kind="stable")
    if len(again := np.flatnonzero(np.diff(index[order]) == 0)):
        raise ValueError(f"{where}: pixel {index[order][again[0]]} is there twice")
    rows = np.zeros(len(index), PIXEL_DTYPE)
    rows["nside"], rows["index"] = nside, index
    for name in PIXEL_DTYPE.names or ():
        if name not in ("nside", "index", "seconds"):
            rows[name] = columns.get(name, np.nan)
    rows = rows[order]
    good = np.isfinite(rows["llh"])
    return Part(rows[good], [Failure(nside, int(i), NO_LLH) for i in rows["index"][~good]])


def _check_nested(state: State, first: int, fine: int) -> None:
    """See that all pixels of an nside lie in one of the first."""
    nested = healpix.ring_to_nest(fine, state.done(fine)) // (fine // first) ** 2
    above = healpix.nest_to_ring(first, nested)
    if len(bad := np.flatnonzero(~np.isin(above, state.done(first)))):
        pixel = state.done(fine)[bad[0]]
        raise ValueError(f"nside-{fine}: pixel {pixel} lies in no pixel of nside-{first}")


def _heading(said: Said) -> ResultHeading:
    if said.mjd is not None and not FIRST_MJD <= said.mjd < LAST_MJD:
        raise ValueError(f"mjd {said.mjd}: expected [{FIRST_MJD:.0f}, {LAST_MJD:.0f})")
    return ResultHeading(said.run_id, said.event_id, said.event_type, said.mjd, said.is_real)


def _named(name: str, nsides: list[int]) -> ResultHeading:
    """Return what the name of a result without a header says."""
    found = NAME.fullmatch(Path(name).stem)
    if found is None:
        raise ValueError(
            "it has no header, and its name does not say which event it is of: expected one as "
            "run00136662-evt000035405932-BRONZE-8_64_512.npz"
        )
    run_id, event_id, kind = int(found[1]), int(found[2]), found[3]
    if [int(nside) for nside in found[4].split("_")] != nsides:
        raise ValueError(f"its name says nsides {found[4]}, but it has tables of {nsides}")
    if max(run_id, event_id) > LARGEST_ID:
        raise ValueError(f"its name says run {run_id}, event {event_id}: expected 32 bits")
    real = FIRST_REAL_RUN <= run_id <= LAST_REAL_RUN
    return ResultHeading(run_id, event_id, kind, None, real)
