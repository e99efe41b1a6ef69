"""Results as `icecube-skyreader` reads them: npz with a header, and JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import atomic_path
from pipeline.sky.nsides import Level
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.subject import Heading

RESULT_COLUMNS = ["index", "llh", "E_in", "E_tot", "X", "Y", "Z", "T"]
RESULT_DTYPE = np.dtype([(name, "i8" if name == "index" else "f8") for name in RESULT_COLUMNS])
"""Version 1 of skyreader's pixel type; `index` is RING and its sky is ICRS."""
RESULT_VERSION = 1
NAN_WORD = "<skyreader.nan>"


def result_name(event: Heading, levels: Sequence[Level], extension: str) -> str:
    """Return a result's name, as ``run00138632.evt000031747601.neutrino_8_64_512.npz``."""
    nsides = "_".join(str(level.nside) for level in levels)
    return f"run{event.run_id:08d}.evt{event.event_id:012d}.{event.event_type}_{nsides}.{extension}"


def result_tables(state: State) -> dict[int, np.ndarray]:
    """Return the results by nside, of dtype `RESULT_DTYPE`, sorted by index.

    An nside without any result is left out: readers take the minimum of each.
    """
    return {
        nside: rows[RESULT_COLUMNS].astype(RESULT_DTYPE)
        for nside, rows in sorted(state.pixels.items())
        if len(rows)
    }


def write_npz(event: Heading, state: State, path: str | Path) -> None:
    """Write the npz: ``header`` with a row an nside, then ``nside-8`` and so on.

    The same results give the same bytes.
    """
    tables = result_tables(state)
    dtype = [
        ("nside", "i8"),
        ("complete", "?"),
        ("run_id", "i8"),
        ("event_id", "i8"),
        ("event_type", f"U{len(event.event_type)}"),
        ("mjd", "f8"),
        ("is_real_event", "?"),
        ("version", "i8"),
    ]
    header = np.array([tuple(_metadata(event, nside).values()) for nside in tables], dtype)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        arrays: dict[str, Any] = {f"nside-{n}": table for n, table in tables.items()}
        np.savez(file, header=header, **arrays)


def write_result_json(event: Heading, state: State, path: str | Path) -> None:
    """Write the JSON: columns, metadata and data of each nside."""
    document = {
        f"nside-{nside}": {
            "columns": RESULT_COLUMNS,
            "metadata": _metadata(event, nside),
            "data": [
                [NAN_WORD if value != value else value for value in row]  # noqa: PLR0124
                for row in table.tolist()
            ],
        }
        for nside, table in result_tables(state).items()
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n")


def _metadata(event: Heading, nside: int) -> dict[str, Any]:
    return {
        "nside": nside,
        "complete": True,
        "run_id": event.run_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "mjd": event.mjd,
        "is_real_event": event.is_real,
        "version": RESULT_VERSION,
    }
