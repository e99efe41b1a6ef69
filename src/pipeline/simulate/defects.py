"""Defects that real dumps have, put into simulated packets on purpose.

What is broken is written into the truth table, so that a test or a demonstration knows
which packets must be rejected, which counted as duplicates and which scored as null.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.simulate.ztf.alert import STAMPS
from pipeline.simulate.ztf.stamps import gzipped_fits

DEFECTS = (
    "duplicate",  # the packet comes a second time; so says the truth of the second
    "truncated",  # its bytes end early
    "no_candid",  # candid is null, in a schema that allows it
    "null_prv",  # prv_candidates is null
    "no_drb",  # drb is null
    "nan_stamp",  # one of the stamps is NaN, 0, or has a pixel of +inf
    "zero_stamp",
    "inf_stamp",
)
_STAMP_DEFECTS = {"nan_stamp": np.nan, "zero_stamp": 0.0, "inf_stamp": np.inf}


BYTE_DEFECTS = DEFECTS[:2]
"""Those that concern a packet's bytes, not its fields: any survey's packets can have them."""


def possible_defects(stamps: bool) -> list[str]:
    """Return the defects that packets with or without stamps can have."""
    return [d for d in DEFECTS if stamps or d not in _STAMP_DEFECTS]


def choose_defect(fraction: float, defects: Sequence[str], rng: np.random.Generator) -> str | None:
    """Return one of these defects for this fraction of packets, else None."""
    if rng.random() >= fraction:
        return None
    return str(rng.choice(defects))


def check_fraction(fraction: float) -> None:
    """Raise ValueError if it is no fraction."""
    if not 0 <= fraction <= 1:
        raise ValueError(f"defects {fraction}: expected a fraction between 0 and 1")


def damage_record(
    record: dict[str, Any], defect: str | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the record with its defect; one that concerns bytes leaves it as it is."""
    if defect == "no_candid":
        return record | {"candid": None, "candidate": record["candidate"] | {"candid": None}}
    if defect == "null_prv":
        return record | {"prv_candidates": None}
    if defect == "no_drb":
        return record | {"candidate": record["candidate"] | {"drb": None}}
    if defect in _STAMP_DEFECTS:
        name = f"cutout{rng.choice(STAMPS)}"
        image = np.full((63, 63), _STAMP_DEFECTS[defect])
        if defect == "inf_stamp":
            image = np.where(rng.random((63, 63)) < 0.02, np.inf, rng.normal(100, 5, (63, 63)))
        return record | {name: record[name] | {"stampData": gzipped_fits(image)}}
    return record


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the first part of `data`, between a tenth and nine tenths of it."""
    return data[: int(len(data) * rng.uniform(0.1, 0.9))]
