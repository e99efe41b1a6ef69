"""Skymaps of anybody: a map whose probability is 1, or one line that names the file."""

import base64
import gzip
import json
import random
import re

import numpy as np
import pytest
from limits import bounded
from mapfiles import NSIDE, blob, flat, multiorder, table
from mutate import Mutant

from pipeline.sky.maps.read import read_map

VARIANTS = 200
"""Files made with hostile words in the right places, which are then mutated as bytes."""
CARDS = rb"(?:NAXIS|TFIELDS|PCOUNT|GCOUNT|NSIDE|FIRSTPIX|LASTPIX|T(?:FORM|ZERO|SCAL|NULL)\d) *= "
WORDS = [
    *("-1", "0", "1", "16", "3072", "999999999", "9223372036854775807", "9" * 20, "1E30", "1.5"),
    *("T", "''", "'K'", "'1024E'", "'0D'", "'999999999D'", "'PD(5)'", "'9999999X'", "NaN"),
]
NUMBERS = [0.0, -1.0, np.nan, np.inf, -1.6375e30, 1e300, 5e-324, 1.0]
HOSTILE = [
    None,
    [],
    {},
    "",
    "x",
    -1,
    0,
    1e308,
    True,
    [1, 2, 3, 4],
    "A" * 100,
    "2024-01-15T00:00:00",
]
MAP = base64.b64encode(multiorder()).decode()


def hostile(data: bytes, rng: random.Random) -> bytes:
    """Put wrong values into the cards that say how a table is laid out."""
    places = [match.end() for match in re.finditer(CARDS, data)]
    for at in rng.choices(places, k=rng.randrange(3)):
        data = data[:at] + rng.choice(WORDS).rjust(20).encode() + data[at + 20 :]
    return data


def flat_map(rng: random.Random) -> bytes:
    values = blob()
    for _ in range(rng.randrange(4)):
        values[rng.randrange(len(values))] = rng.choice(NUMBERS)
    return hostile(flat(values, ordering=rng.choice(["RING", "NESTED"])), rng)


def cells(rng: random.Random) -> bytes:
    uniq = 4 * NSIDE**2 + np.arange(12 * NSIDE**2)
    density = blob() + 0.1
    for _ in range(rng.randrange(4)):
        uniq[rng.randrange(len(uniq))] = rng.choice([-1, 0, 3, 4, 2**62 - 1, 2**62, 2**63 - 1])
        density[rng.randrange(len(density))] = rng.choice(NUMBERS)
    return hostile(multiorder(uniq, density), rng)


def explicit(rng: random.Random) -> bytes:
    pixel = np.arange(500)
    pixel[rng.randrange(500)] = rng.choice([-1, 3, 500, 3071, 3072, 2**62])
    distances = dict.fromkeys(("DISTMU", "DISTSIGMA", "DISTNORM"), blob()[:500])
    cards = {"ORDERING": "RING", "NSIDE": NSIDE, "INDXSCHM": "EXPLICIT"}
    return hostile(table({"PIXEL": pixel, "PROB": blob()[:500], **distances}, cards), rng)


def notice(rng: random.Random) -> bytes:
    value = {
        "superevent_id": "S1", "alert_type": "INITIAL", "alert_tense": "current",
        "event": {"time": "2024-01-15T06:00:00Z", "skymap": MAP},
        "localization": {"ra": 1.0, "dec": 2.0, "ra_dec_error": [2.0, 1.0, 30.0],
                         "containment_probability": 0.9},
    }  # fmt: skip
    part = rng.choice([value, value["event"], value["localization"]])
    for _ in range(rng.randrange(4)):
        part[rng.choice(list(part))] = rng.choice(HOSTILE)
    if rng.random() < 0.5 and isinstance(value.get("event"), dict):
        value["event"].pop("skymap", None)
    return json.dumps(value).encode()


KINDS = {
    "flat": flat_map, "cells": cells, "explicit": explicit, "notice": notice,
    "gz": lambda rng: gzip.compress(flat_map(rng), mtime=0),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_fuzz_maps(mutants, tmp_path, kind):
    seeds = [KINDS[kind](random.Random(i)) for i in range(VARIANTS)]
    path = tmp_path / "map"
    accepted = 0
    variants = [Mutant(f"maps/{kind}, variant {i}", data) for i, data in enumerate(seeds[:50])]
    for mutant in [*variants, *mutants(f"maps/{kind}", seeds, 1 / len(KINDS))]:
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                found = read_map(path)
            except ValueError as error:
                assert str(error).startswith(f"{path}: "), mutant.name
                assert "\n" not in str(error) and len(str(error)) < 1500, mutant.name
                continue
        accepted += 1
        check(found, mutant.name)
    assert accepted > 0


def check(found, name: str) -> None:
    """See that what was read is a map."""
    assert np.all(found.density > 0) and np.all(found.begin < found.end), name
    assert found.begin[0] >= 0 and found.end[-1] <= 12 << 58, name
    assert np.all(found.begin[1:] >= found.end[:-1]), name
    assert abs((found.density * found.area).sum() - 1) < 1e-9, name
    assert np.all((found.level > 0) & (found.level <= 1)), name
    at = found.at([0.0, 200.0, 30.0], [0.0, 10.0, 90.0])
    assert np.all(at.density >= 0) and np.all(at.level <= 1), name
    assert found.mjd is None or 30_000 < found.mjd < 100_000, name
    if found.distance is not None:
        value = found.distance.density(at.cell, 100.0)
        assert np.all(np.isnan(value) | (value >= 0)), name
