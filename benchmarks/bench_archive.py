"""Cones over 1e7 alerts of ten nights, by the cone indexes of the workflow.

Figures are CPU seconds of one process. The peer is a scan of the same parquet files by DuckDB,
one query for each cone, as one would write it: a box in declination, then the distance (its
time for a few cones, times the number of cones). One cone by the command is the wall time of a
process that begins with the start of Python.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from measure import Figure, cpu, figure, markdown

from pipeline.archive.cones.build import build_index
from pipeline.archive.cones.merge import merge_indexes
from pipeline.archive.places import COLUMNS, CONES, MONTH
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.positions import Positions
from pipeline.contract import paths
from pipeline.io.tables import table_writer, with_survey

ARCSEC = 2.0
CONES_NUMBER = 1000
NIGHTS = 10
SHARDS = 4
KEYS = ["candid", "object_id", "jd"]
OTHERS = 29
"""Columns beside those of an index, so that a table has 39 as that of the specifications."""
PEERS = 5
"""Cones that the peer looks for."""


def run(quick: bool) -> list[Figure]:
    """Time the indexes and searches by them, and see that they find what a scan finds.

    Parameters
    ----------
    quick : bool
        A twentieth of the alerts.
    """
    number = 500_000 if quick else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        directory, rng = Path(folder), np.random.default_rng(7)
        ra, dec = _night_after_night(directory, number // NIGHTS, rng)
        building, merging = _indexes(directory, list(COLUMNS))
        chosen = rng.choice(len(ra), CONES_NUMBER, replace=False)
        positions = Positions([str(i) for i in chosen], ra[chosen], dec[chosen])
        home = FilesHome(directory)
        keys, found = cpu(lambda: home.cones(positions, ARCSEC, KEYS), 3)
        command = _command(directory, positions)
        peer, expected = _scan(directory, positions)
        _check(found, expected)
        _indexes(directory, "all")
        every, whole = cpu(lambda: home.cones(positions, ARCSEC, "all"), 3)
        assert whole.num_rows == found.num_rows
    size, unit = f'{CONES_NUMBER} cones of {ARCSEC:g}", {number:.0e} alerts', "CPU s"
    made = "us CPU/alert"
    note = f"{found.num_rows} found; the peer by {PEERS} cones, which find the same"
    return [
        figure(f"{size}, {len(KEYS)} columns", keys, unit, peer=peer, goal=0.1, note=note),
        figure(
            f"{size}, all {whole.num_columns - 2} columns", every, unit, goal=0.8,
            note="of indexes with `columns: all`",
        ),
        figure(
            "index of a night and its month", (building + merging) / number * 1e6, made,
            goal=1.0, note=f"the night {building / number * 1e6:.2f}, the month the rest",
        ),
        figure("one cone by the command", command, "s", goal=1.0, note="wall"),
    ]  # fmt: skip


def _night_after_night(
    directory: Path, each: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Write tables of alerts of some objects, in no order on the sky; return the positions."""
    objects = each
    ra = rng.uniform(0, 360, objects)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, objects)))
    for night in range(NIGHTS):
        for shard in range(SHARDS):
            one = rng.permutation(objects)[: each // SHARDS]
            count = len(one)
            columns = {
                "candid": rng.integers(2**60, 2**61, count),
                "object_id": np.char.add("ZTF18a", np.char.zfill(one.astype(str), 7)),
                "jd": 2458150.5 + night + rng.random(count),
                "ra": ra[one],
                "dec": dec[one] + rng.normal(scale=0.1 / 3600, size=count).clip(-1e-3, 1e-3),
                "programid": rng.integers(1, 4, count, dtype=np.int32),
                "fid": rng.integers(1, 4, count, dtype=np.int32),
                "isdiffpos": rng.random(count) < 0.7,
                **{n: rng.random(count, np.float32) for n in ("magpsf", "sigmapsf", "drb")},
                **{f"other{n}": rng.random(count, np.float32) for n in range(OTHERS)},
            }
            columns["dec"] = np.clip(columns["dec"], -90, 90)
            table = with_survey(pa.table(columns), "ztf")
            of = {"survey": "ztf", "night": _name(night), "shard": paths.part_name(shard)}
            path = directory / paths.table("alerts").format(**of)
            with table_writer(path, table.schema) as writer:
                writer.write_table(table, 20_000)
    return ra, dec


def _name(night: int) -> str:
    return f"201802{night + 1:02d}"


def _indexes(directory: Path, columns: str | list[str]) -> tuple[float, float]:
    """Make all indexes; return the CPU seconds of those of nights, and of the month."""
    made = []
    building = 0.0
    for night in map(_name, range(NIGHTS)):
        tables = sorted(directory.glob(f"results/alerts/ztf/{night}/*.parquet"))
        out = directory / CONES.format(survey="ztf", night=night)
        building += cpu(_of(build_index, tables, "ztf", night, columns, out))[0]
        made.append(out)
    month = directory / MONTH.format(survey="ztf", month="201802")
    return building, cpu(lambda: merge_indexes(made, month))[0]


def _of(function: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: function(*arguments)


def _command(directory: Path, positions: Positions) -> float:
    """Return the wall time of one cone by the command, the best of three [s]."""
    place = f"{positions.ra[0]} {positions.dec[0]}"
    words = ["-m", "pipeline.cli.main", "query", "cone", place, "--directory", str(directory)]
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return min(times)


def _scan(directory: Path, positions: Positions) -> tuple[float, list[set[int]]]:
    """Return the CPU seconds that DuckDB takes for as many cones, and what some of them find."""
    pattern = str(directory / "results/alerts/ztf/*/*.parquet")
    query = """
        select candid from read_parquet($files)
        where dec between $dec - $radius and $dec + $radius
        and 2 * degrees(asin(sqrt(
            pow(sin(radians(dec - $dec) / 2), 2)
            + cos(radians(dec)) * cos(radians($dec)) * pow(sin(radians(ra - $ra) / 2), 2)
        ))) <= $radius
    """
    found = []
    with duckdb.connect(config={"threads": 1}) as connection:

        def look() -> None:
            for ra, dec in zip(positions.ra[:PEERS], positions.dec[:PEERS], strict=True):
                given = {"files": pattern, "ra": ra, "dec": dec, "radius": ARCSEC / 3600}
                rows = connection.execute(query, given).fetchall()
                found.append({row[0] for row in rows})

        seconds = cpu(look)[0]
    return seconds / PEERS * CONES_NUMBER, found


def _check(found: pa.Table, expected: list[set[int]]) -> None:
    """Stop unless the scan has found the same."""
    position, candid = (found[name].to_numpy() for name in ("position", "candid"))
    ours = [set(candid[position == number].tolist()) for number in range(PEERS)]
    if ours != expected or not all(ours):
        raise RuntimeError("our cones differ from the scan's")


if __name__ == "__main__":
    print(markdown(run(quick=False)))
