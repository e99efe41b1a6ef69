"""A night of ZTF from packets to tables, scores and matches, beside the commit before issue 11.

Both versions do the same jobs (`night_jobs.py`: index, decode, score by all models, match with
three catalogues) of the same simulated packets, in turn; figures are medians of CPU seconds.
Then the same night in shards of 100 packets: what each job pays once a shard, imports apart.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench_alerts import _catalogs, _models
from measure import Figure, figure
from same_results import _checkout

from pipeline.simulate.alerts import simulate_alerts

ROOT = Path(__file__).parents[1]
BEFORE = "d733a46"
NIGHT = "20260101"
SMALL_SHARD = 100
UNIT = "ms CPU/alert"


@dataclass(frozen=True)
class _Side:
    """A version of the package, and what it is given."""

    source: Path
    dump: Path
    shards: int = 1


def run(quick: bool) -> list[Figure]:
    """Time the jobs of both versions, and of one in small shards.

    Parameters
    ----------
    quick : bool
        A tenth of the packets, once.
    """
    number, rounds = (240, 1) if quick else (2400, 5)
    now = ROOT / "src"
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_alerts(folder / "containers", number, 1, NIGHT, format_="container")
        simulate_alerts(folder / "night", number, 1, NIGHT, format_="tarball")
        _models(folder)
        _catalogs(folder)
        before = _before(folder / "before")
        tarball = folder / "night" / f"ztf_public_{NIGHT}.tar.gz"
        for what, dump, times in (
            ("containers", folder / "containers", 1.4),
            ("a tarball", tarball, 1.2),
        ):
            sides = {"now": _Side(now, dump)}
            if before is not None:
                sides["before"] = _Side(before, dump)
            rows += _rows(what, _in_turn(sides, folder, rounds), number, times)
        sides = {"one": _Side(now, tarball), "many": _Side(now, tarball, number // SMALL_SHARD)}
        return rows + _small_shards(_in_turn(sides, folder, rounds), number)


def _before(folder: Path) -> Path | None:
    """Return the other version's source; None where the repository's history is not there."""
    try:
        return _checkout(BEFORE, folder) / "src"
    except subprocess.CalledProcessError:
        return None


def _in_turn(
    sides: dict[str, _Side], folder: Path, rounds: int
) -> dict[str, list[dict[str, float]]]:
    """Return the CPU seconds of each side's jobs in each round."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            command = [
                sys.executable, Path(__file__).with_name("night_jobs.py"),
                side.dump, folder, str(side.shards),
            ]  # fmt: skip
            environment = {**os.environ, "PYTHONPATH": str(side.source)}
            done = subprocess.run(command, env=environment, check=True, capture_output=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def _rows(
    what: str, found: dict[str, list[dict[str, float]]], number: int, times: float
) -> list[Figure]:
    """Return a night's figures, and those of its jobs."""
    scale = 1e3 / number
    whole = {
        name: median(sum(r.values()) for r in rounds) * scale for name, rounds in found.items()
    }
    before = whole.get("before")
    rows = [
        figure(
            f"from {what}", whole["now"], UNIT, peer=before,
            goal=None if before is None else before / times,
            note=f"{number} packets; peer: commit {BEFORE}; goal: {times} times as fast",
        )
    ]  # fmt: skip
    for job in found["now"][0]:
        per = {name: median(r[job] for r in rounds) * scale for name, rounds in found.items()}
        rows.append(figure(f"from {what}: {job}", per["now"], UNIT, peer=per.get("before")))
    return rows


def _small_shards(found: dict[str, list[dict[str, float]]], number: int) -> list[Figure]:
    """Return what shards of `SMALL_SHARD` packets cost beside one shard of all."""
    shards = number // SMALL_SHARD
    note = f"{shards} shards of {SMALL_SHARD} packets, relative to one"
    jobs = ("decode", "score", "match")
    rows, sums = [], {}
    for job in jobs:
        per = {name: median(r[job] for r in rounds) for name, rounds in found.items()}
        sums[job] = per
        each = (per["many"] - per["one"]) / (shards - 1) * 1e3
        rows.append(figure(f"a shard's own: {job}", each, "ms CPU"))
    many, one = (sum(sums[job][name] for job in jobs) for name in ("many", "one"))
    return [
        figure("decode, score, match in small shards", many / one, "x", goal=1.5, note=note),
        *rows,
    ]


if __name__ == "__main__":
    for row in run("--quick" in sys.argv):
        print(row)
