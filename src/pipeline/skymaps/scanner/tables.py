"""What a result file holds, in either form: a table an nside, and what is said of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.events.event import LARGEST_ID, LARGEST_TYPE

MOST_BYTES = 512 * 2**20
"""A larger file, packed or not, is refused: all 3 million pixels of nside 512 have 200 MB."""

FINEST = 2**20
"""Of an nside; its pixels have 0.2 arcseconds."""

VERSION = 1
"""Of the format: the only one that there has been."""

VALUES = ("llh", "E_in", "E_tot", "X", "Y", "Z", "T")
"""Columns of numbers; results of before 2023 have the first three alone."""


@dataclass(frozen=True)
class Said:
    """What a result says of an event, as `header` of an npz, or `metadata` of a JSON."""

    run_id: int
    event_id: int
    event_type: str
    mjd: float | None
    is_real: bool
    complete: bool


@dataclass(frozen=True)
class Tables:
    """The content of a result file.

    Attributes
    ----------
    columns : dict
        By nside, the columns by name: ``index`` of int64 and those of `VALUES` that are there,
        of float64.
    said : Said or None
        Of a file without a header nothing is said.
    """

    columns: dict[int, dict[str, np.ndarray]]
    said: Said | None


def nside_of(name: str) -> int:
    """Return the nside that an entry is of.

    >>> nside_of("nside-64")
    64

    Raises
    ------
    ValueError
        If it is none.
    """
    found = re.fullmatch(r"nside-(\d{1,7})", name, re.ASCII)
    nside = int(found[1]) if found else 0
    if not 1 <= nside <= FINEST or nside & (nside - 1):
        raise ValueError(f"entry {name[:60]!r}: expected nside- and a power of 2, as nside-64")
    return nside


def said_by(rows: Iterable[Mapping[str, Any]], nsides: Iterable[int]) -> Said:
    """Return what the header's rows, one an nside, say together.

    Raises
    ------
    ValueError
        If one lacks something, or has another type or an unknown version, they contradict each
        other, or the nsides are not those that there are tables of.
    """
    rows, nsides = list(rows), sorted(nsides)
    there = sorted(_whole(row, "nside", FINEST) for row in rows)
    if there != nsides:
        raise ValueError(f"header of nsides {_list(there)}, but tables of {_list(nsides)}")
    for row in rows:
        if (version := _whole(row, "version", LARGEST_ID)) != VERSION:
            raise ValueError(f"version {version}: expected {VERSION}")
    found = {_said(row) for row in rows}
    events = {(s.run_id, s.event_id, s.event_type, s.mjd, s.is_real) for s in found}
    if len(events) != 1:
        raise ValueError("the nsides are of several events")
    first = next(iter(events))
    return Said(*first, complete=all(said.complete for said in found))


def _said(row: Mapping[str, Any]) -> Said:
    kind, mjd = _of(row, "event_type"), _of(row, "mjd")
    if not isinstance(kind, str) or not re.fullmatch(rf"[\w-]{{1,{LARGEST_TYPE}}}", kind, re.ASCII):
        raise ValueError(
            f"event_type {str(kind)[:80]!r}: letters, digits, _ and - only, at most {LARGEST_TYPE}"
        )
    if isinstance(mjd, bool) or not isinstance(mjd, int | float):
        raise ValueError(f"mjd {str(mjd)[:60]!r}: expected a number")
    return Said(
        _whole(row, "run_id", LARGEST_ID),
        _whole(row, "event_id", LARGEST_ID),
        kind,
        float(mjd) if np.isfinite(mjd) else None,
        _truth(row, "is_real_event"),
        _truth(row, "complete"),
    )


def _of(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise ValueError(f"header: no {name}")
    return row[name]


def _whole(row: Mapping[str, Any], name: str, most: int) -> int:
    value = _of(row, name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"header: {name} {str(value)[:60]!r}: expected a whole number to {most}")
    return value


def _truth(row: Mapping[str, Any], name: str) -> bool:
    value = _of(row, name)
    if not isinstance(value, bool):
        raise ValueError(f"header: {name} {str(value)[:60]!r}: expected true or false")
    return value


def _list(nsides: Iterable[int]) -> str:
    return ", ".join(map(str, nsides)) or "none"
