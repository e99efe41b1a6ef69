"""The assistant's part of the morning page: what it finds best, and whether the night is odd."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract.blocks import (
    Block,
    Column,
    Picture,
    Ranking,
    Reads,
    Section,
    Table,
    Words,
)
from pipeline.vra.drift.night import read_rows
from pipeline.vra.drift.picture import SURE, moved

_WORDS = "by the assistant's score, the highest at the top"
_CONTEXT = ("classification", "catalogue_table_name", "catalogue_object_id", "separationArcsec")


def facts(reads: Reads) -> dict[str, Any]:
    """Return the numbers of a night's pool; see `pipeline.contract.page.Page.facts`."""
    scores = _scores(reads)
    pool = sum(pq.read_metadata(path).num_rows for path in reads.files["features"])
    known = [score for score, _, _ in scores if score is not None]
    versions = sorted({version for _, _, version in scores})
    classes: dict[str, int] = {}
    for path in reads.files["context"]:
        column = pq.read_table(path, columns=["classification"])["classification"]
        for count in pc.value_counts(column.cast(pa.string())).to_pylist():
            classes[count["values"]] = classes.get(count["values"], 0) + count["counts"]
    return {
        "pool": pool,
        "scored": len(known),
        "class_1": sum(score > 0.5 for score in known),
        "versions": versions,
        "classes": dict(sorted(classes.items())),
    }


def ranking(reads: Reads) -> list[Ranking]:
    """Return the alerts with a score, the best first."""
    found = sorted((-s, candid) for s, candid, _ in _scores(reads) if s is not None)
    if not found:
        return []
    return [Ranking("Assistant", _WORDS, [c for _, c in found], [-s for s, _ in found])]


def about(reads: Reads, candids: Sequence[int]) -> dict[int, list[Table]]:
    """Return what the assistant knows of some alerts: the score, class and host."""
    told: dict[int, list[Table]] = {}
    columns = [Column("model"), Column("score", 3), Column("why none")]
    for row in _rows(reads.files.get("assistant_scores", ()), candids):
        cells = [row["version"], row["score"], row["reason"]]
        told.setdefault(row["candid"], []).append(Table("Assistant", columns, [cells]))
    columns = [Column("class"), Column("catalogue"), Column("name there"), Column("[arcsec]", 2)]
    for row in _rows(reads.files.get("context", ()), candids):
        cells = [row[name] for name in _CONTEXT]
        told.setdefault(row["candid"], []).append(Table("Host", columns, [cells]))
    return told


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    facts_ = reads.facts
    blocks: list[Block] = [Words(_pool_words(facts_))]
    if facts_.get("classes"):
        rows = [[name, number] for name, number in facts_["classes"].items()]
        blocks.append(Table("Places of its alerts", [Column("class"), Column("alerts")], rows))
    rows_ = [row for path in reads.files["drift"] for row in read_rows(Path(path))]
    sure = [row for row in rows_ if moved(row)]
    if rows_:
        blocks.append(_drift_table(sure) if sure else Words(_still(rows_)))
    blocks += [_picture(Path(path), sure) for path in reads.files["drift_picture"]]
    return Section(blocks, looked=[f"{facts_.get('pool', 0):,} alerts in the assistant's pool"])


def _pool_words(found: Mapping[str, Any]) -> str:
    words = f"{found.get('pool', 0):,} alerts passed the assistant's filter"
    if not found.get("versions"):
        return f"{words}; no round is promoted: nothing scores them."
    model = ", ".join(found["versions"])
    return f"{words}; {found['class_1']:,} of {found['scored']:,} are of class 1 by {model}."


def _still(rows: Sequence[Mapping[str, Any]]) -> str:
    compared = sum(row["ks"] is not None for row in rows)
    if not compared:
        return f"Nothing can be compared with the training set: {rows[0]['reason']}."
    return f"Of {compared} numbers none has moved from the training set (p < {SURE}, adjusted)."


def _drift_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = {
        "what": "what", "ks": "D", "chance": "by chance", "p_holm": "p, adjusted",
        "night_median": "median of the night", "training_median": "median of the training set",
        "night_null": "nulls of the night", "training_null": "nulls of the training set",
    }  # fmt: skip
    ranked = sorted(rows, key=lambda row: -(row["ks"] or 1.0))
    cells = [[row[name] for name in names] for row in ranked]
    digits = (None, 2, 2, None, 3, 3, 2, 2)
    columns = [Column(word, d) for word, d in zip(names.values(), digits, strict=True)]
    return Table("Moved from the training set", columns, cells)


def _picture(path: Path, sure: Sequence[Mapping[str, Any]]) -> Picture:
    from PIL import Image  # noqa: PLC0415 - the page's jobs alone

    content = path.read_bytes()
    with Image.open(path) as image:
        width, height = image.size
    moved_ = ", ".join(row["what"] for row in sure) or "none"
    return Picture(content, "png", width, height, f"Moved from the training set: {moved_}")


def _scores(reads: Reads) -> list[tuple[float | None, int, str]]:
    return [
        (row["score"], row["candid"], row["version"])
        for path in reads.files["assistant_scores"]
        for row in pq.read_table(path, columns=["score", "candid", "version"]).to_pylist()
    ]


def _rows(paths: Sequence[str], candids: Sequence[int]) -> list[dict[str, Any]]:
    wanted = pc.field("candid").isin(pa.array(list(candids), pa.int64()))
    return [row for path in paths for row in pq.read_table(path, filters=wanted).to_pylist()]
