"""Where the optical modules (DOMs) of a detector are: files, and two that ship.

IceCube's own, for real events, and an IC86-like one for simulation.
"""

import csv
from pathlib import Path

import numpy as np

GEOMETRY_COLUMNS = ("string", "om", "x", "y", "z")
GEOMETRY_DTYPE = np.dtype([*zip(GEOMETRY_COLUMNS, ("i2", "i2", "f8", "f8", "f8"), strict=True)])
"""One DOM and its position [m], in the detector's frame: z upwards, origin in its middle."""

MAX_DOMS = 1_000_000
"""Rows that a geometry may have: IceCube-Gen2 will have 17,000 DOMs."""

IC86 = Path(__file__).parent / "data" / "ic86.csv"
"""IceCube's DOMs, for real events: GraphNeT's public table (Apache-2.0, the project's NOTICE).

Those 77 of the 5160 that never worked are not in it.
"""

IC86_LIKE = Path(__file__).parent / "data" / "ic86_like.csv"
"""What `ic86_like` returns. For simulation, not for real events."""


class UnknownDomError(ValueError):
    """A DOM with pulses that a geometry lacks."""


def read_geometry(path: str | Path) -> np.ndarray:
    """Read a geometry from a CSV or parquet file.

    Parameters
    ----------
    path : str or Path
        With the columns string, om, x, y, z [m], in any order among others.

    Returns
    -------
    numpy.ndarray
        Of dtype `GEOMETRY_DTYPE`, ordered by string and om.

    Raises
    ------
    FileNotFoundError
        If it does not exist.
    ValueError
        If it lacks a column, holds something else than finite numbers, or a DOM twice.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such geometry (CSV or parquet: string, om, x, y, z)")
    try:
        columns = _parquet(path) if path.suffix == ".parquet" else _csv(path)
        geometry = np.empty(len(columns["string"]), GEOMETRY_DTYPE)
        for name in GEOMETRY_COLUMNS:
            geometry[name] = _checked(name, columns[name])
    except Exception as error:  # of two parsers of foreign files
        raise ValueError(f"{path}: no geometry (string, om, x, y, z): {error}") from error
    geometry = geometry[np.lexsort((geometry["om"], geometry["string"]))]
    if len(geometry) == 0:
        raise ValueError(f"{path}: no DOM at all")
    if again := listed_twice(geometry):
        raise ValueError(f"{path}: {again}")
    return geometry


def listed_twice(geometry: np.ndarray) -> str | None:
    """Return words about the first DOM that a geometry, in order, lists twice, if any."""
    again = np.flatnonzero(np.diff(_key(geometry["string"], geometry["om"])) == 0)
    if not len(again):
        return None
    dom = geometry[again[0]]
    return f"DOM ({dom['string']}, {dom['om']}) is listed twice"


def positions(geometry: np.ndarray, string: np.ndarray, om: np.ndarray) -> np.ndarray:
    """Return the positions of DOMs, shape (n, 3) [m].

    Parameters
    ----------
    geometry : numpy.ndarray
        Of dtype `GEOMETRY_DTYPE`, ordered by string and om.
    string, om : numpy.ndarray
        Shape (n,).

    Raises
    ------
    UnknownDomError
        If a DOM is not in the geometry; the message names it.
    """
    known, wanted = _key(geometry["string"], geometry["om"]), _key(string, om)
    row = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    missing = np.flatnonzero(known[row] != wanted)
    if len(missing):
        doms = sorted({f"({string[i]}, {om[i]})" for i in missing})
        raise UnknownDomError(f"not in the geometry: DOM {', '.join(doms[:5])}, {len(doms)} in all")
    return np.column_stack([geometry[axis][row] for axis in "xyz"])


def ic86_like() -> np.ndarray:
    """Generate a detector laid out as IceCube is, without its surveyed deviations.

    78 strings on a triangular lattice of 125 m with 60 DOMs every 17 m, and DeepCore: 6
    strings on the centroids of the triangles about string 36 and two nearer to it, with 10
    DOMs every 10 m above the dust layer and 50 every 7 m below (IceCube Collaboration 2017,
    JINST 12, P03012, section 2.1: spacings and depths; the rows run 9 degrees off the x axis).

    Returns
    -------
    numpy.ndarray
        Of dtype `GEOMETRY_DTYPE`, 86 strings of 60 DOMs.
    """
    depth = 500.0 - 17.0 * np.arange(60)
    deep = np.concatenate([190.0 - 10.0 * np.arange(10), -157.0 - 7.0 * np.arange(50)])
    lattice, central = _lattice()
    near = np.array([_polar(125 / 3, a) for a in (-111, -51)])
    ring = np.array([_polar(125 / np.sqrt(3), a) for a in (99, 39, -21, -81, -141, 159)])
    deepcore = np.vstack([near, ring]) + central
    rows = [
        (string, om, round(x, 2), round(y, 2), round(z, 2))
        for string, (x, y) in enumerate([*lattice, *deepcore], start=1)
        for om, z in enumerate(depth if string <= len(lattice) else deep, start=1)
    ]
    return np.array(rows, GEOMETRY_DTYPE)


def _csv(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, strict=True)
        names = reader.fieldnames or ()
        if missing := [name for name in GEOMETRY_COLUMNS if names.count(name) != 1]:
            raise ValueError(f"{', '.join(missing)}: expected as one column each")
        rows = []
        for row in reader:
            where = f"line {reader.line_num}"
            rows.append([_number(row[name], f"{where}: {name}") for name in GEOMETRY_COLUMNS])
            if len(rows) > MAX_DOMS:
                raise ValueError(f"more than {MAX_DOMS} DOMs")
    columns = np.array(rows, float).reshape(-1, len(GEOMETRY_COLUMNS)).T
    return dict(zip(GEOMETRY_COLUMNS, columns, strict=True))


def _number(text: str | None, where: str) -> float:
    # Python's own float takes 1_000 and the digits of all scripts too.
    try:
        if text is not None and text.isascii() and "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise ValueError(f"{where}: expected a number, found {(text or '')[:60]!r}")


def _parquet(path: Path) -> dict[str, np.ndarray]:
    # pyarrow takes 0.13 s to import, which every job of a scan would pay for a CSV.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows > MAX_DOMS:
            raise ValueError(f"more than {MAX_DOMS} DOMs")
        for name in GEOMETRY_COLUMNS:
            kind = file.schema_arrow.field(name).type
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                raise ValueError(f"{name}: expected numbers, found {kind}")
        table = file.read(columns=list(GEOMETRY_COLUMNS))
    return {name: table[name].to_numpy().astype(float) for name in GEOMETRY_COLUMNS}


def _checked(name: str, values: np.ndarray) -> np.ndarray:
    """Return a column, all of whose values its dtype can hold."""
    if len(bad := np.flatnonzero(~np.isfinite(values))):
        raise ValueError(f"DOM {bad[0] + 1}: {name}: expected a finite number")
    if (dtype := GEOMETRY_DTYPE[name]).kind == "i":
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        wrong = (values != np.floor(values)) | (values < least) | (values > most)
        if len(bad := np.flatnonzero(wrong)):
            raise ValueError(
                f"DOM {bad[0] + 1}: {name}: expected a whole number from {least} to {most}, "
                f"found {values[bad[0]]:g}"
            )
    return values


def _lattice() -> tuple[np.ndarray, np.ndarray]:
    """Return the 78 strings of the triangular lattice, shape (78, 2), and the central one."""
    along, up_right, up_left = (_polar(125, angle) for angle in (9, 69, 129))
    start, places = np.zeros(2), []
    for row, length in enumerate((6, 7, 8, 9, 10, 10, 9, 8, 7, 4)):
        places += [start + i * along for i in range(length)]
        start = start + (up_left if row < 4 else up_right)
    strings = np.array(places)
    strings += np.array([46.0, -35.0]) - strings[35]
    return strings, strings[35]


def _polar(radius: float, degrees: float) -> np.ndarray:
    return radius * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def _key(string: np.ndarray, om: np.ndarray) -> np.ndarray:
    return np.asarray(string, np.int64) * 100_000 + np.asarray(om, np.int64)
