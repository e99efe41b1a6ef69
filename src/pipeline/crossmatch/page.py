"""The catalogues' part of the morning page: which alerts have something at their place."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract.blocks import Cell, Column, Reads, Section, Table, Words

_COMMON = ("survey", "candid", "catalog", "match_id", "distance_arcsec", "distance_kpc", "rank")
MOST_ROWS = 6
"""Of the matches of an alert on the page: the nearest of each catalogue first."""
MOST_TEXT = 60


def facts(reads: Reads) -> dict[str, Any]:
    """Return the matches of a night; see `pipeline.contract.page.Page.facts`."""
    found = {name: {"matches": 0, "alerts": 0} for name in reads.settings["catalogs"]}
    for path in reads.files["matches"]:
        table = pq.read_table(path, columns=["catalog", "rank"])
        table = table.set_column(0, "catalog", table["catalog"].cast(pa.string()))
        for kind, rows in (
            ("matches", table),
            ("alerts", table.filter(pc.equal(table["rank"], 1))),
        ):
            for count in pc.value_counts(rows["catalog"]).to_pylist():
                one = found.setdefault(count["values"], {"matches": 0, "alerts": 0})
                one[kind] += count["counts"]
    return {"catalogs": found, "stores": [_store(path) for path in reads.files["stores"]]}


def about(reads: Reads, candids: Sequence[int]) -> dict[int, list[Table]]:
    """Return the matches of some alerts, a table each, the nearest first."""
    wanted = pa.array(list(candids), pa.int64())
    rows: dict[int, list[dict[str, Any]]] = {}
    for path in reads.files["matches"]:
        table = pq.read_table(path, filters=pc.field("candid").isin(wanted))
        for row in table.to_pylist():
            rows.setdefault(row["candid"], []).append(row)
    return {candid: [_table(found)] for candid, found in rows.items()}


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    catalogs = reads.facts.get("catalogs", {})
    if not catalogs:
        return Section([Words("The alerts of this night were matched with no catalogue.")])
    rows = []
    for name, one in catalogs.items():
        before = [n["catalogs"][name] for n in reads.earlier if name in n.get("catalogs", {})]
        usual = round(median(b["alerts"] for b in before)) if before else None
        rows.append([name, one["alerts"], one["matches"], usual])
    names = ["catalogue", "alerts with a match", "matches", "alerts, median of earlier nights"]
    shown = len(names) if reads.earlier else len(names) - 1
    columns = [Column(name) for name in names[:shown]]
    words = "Matches of the alerts with each catalogue"
    table = Table(words, columns, [row[:shown] for row in rows])
    looked = ["1 catalogue" if len(catalogs) == 1 else f"{len(catalogs)} catalogues"]
    return Section([table], looked=looked, origin=reads.facts["stores"])


def _store(path: str) -> list[str]:
    """Return what a sorted catalogue is: its name, size, and where it is from."""
    meta = (Path(path) / "meta.json").read_bytes()
    told = json.loads(meta)
    hashed = sha256(meta).hexdigest()[:16]
    return [f"catalogue {Path(path).name}", f"{told['rows']:,} rows", f"{told['source']}, {hashed}"]


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    first = sorted(rows, key=lambda r: (r["rank"], r["distance_arcsec"], r["catalog"]))
    columns = [
        Column("catalogue"),
        Column("name there"),
        Column("distance [arcsec]", 2),
        Column("[kpc]", 1),
        Column("what it says"),
    ]
    cells = [_cells(row) for row in first[:MOST_ROWS]]
    return Table("Matches", columns, cells)


def _cells(row: dict[str, Any]) -> list[Cell]:
    prefix = f"{row['catalog']}_"
    said = [
        f"{name.removeprefix(prefix)} {_word(value)}"
        for name, value in row.items()
        if name not in _COMMON and name.startswith(prefix) and value is not None
    ]
    kpc = row["distance_kpc"]
    return [
        row["catalog"],
        row["match_id"],
        row["distance_arcsec"],
        None if kpc is None or kpc < 0 else kpc,
        ", ".join(said) or None,
    ]


def _word(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
