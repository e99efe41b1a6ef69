"""The scores' part of the morning page: how each model scored the night."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import file_digest
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract.blocks import (
    Block,
    Column,
    Group,
    Histogram,
    Ranking,
    Reads,
    Section,
    Table,
    Words,
)

EDGES = tuple(round(0.05 * i, 2) for i in range(21))
YES = 0.5
"""A score above means yes, for the networks of the field."""
MOST_RANKED = 5000


def facts(reads: Reads) -> dict[str, Any]:
    """Return what the models said of a night; see `pipeline.contract.page.Page.facts`."""
    found: dict[str, dict[str, Any]] = {}
    for path in reads.files["scores"]:
        table = pq.read_table(path)
        for name in _models(table.schema.names):
            one = found.setdefault(
                name, {"scored": 0, "above": 0, "bins": [0] * (len(EDGES) - 1), "reasons": {}}
            )
            _count(one, table, name)
    for one in found.values():
        one["reasons"] = dict(sorted(one["reasons"].items(), key=lambda r: (-r[1], r[0])))
    return {"models": found, "files": _files(reads)}


def ranking(reads: Reads) -> list[Ranking]:
    """Return the alerts that the first model thinks most of, its score to two decimals."""
    name = next(iter(reads.settings["models"]), None)
    tables = [
        pq.read_table(path, columns=["candid", name])
        for path in reads.files["scores"]
        if name in pq.read_schema(path).names
    ]
    if not tables:
        return []
    table = pa.concat_tables(tables).rename_columns(["candid", "score"])
    table = table.filter(pc.greater(table["score"], YES))
    table = table.set_column(1, "score", pc.round(table["score"].cast(pa.float64()), 2))
    best = table.sort_by([("score", "descending"), ("candid", "ascending")])
    best = best.slice(0, MOST_RANKED)
    words = (
        f"score of {name} above {YES}, to two decimals; then by magnitude; detections brighter "
        "than the template"
    )
    values = best["score"].to_pylist()
    return [Ranking(f"Best by {name}", words, best["candid"].to_pylist(), values, general=True)]


def about(reads: Reads, candids: Sequence[int]) -> dict[int, list[Table]]:
    """Return the scores of some alerts, a table each."""
    wanted = pa.array(list(candids), pa.int64())
    told: dict[int, list[Table]] = {}
    columns = [Column("model"), Column("score", 3), Column("why there is none")]
    for path in reads.files["scores"]:
        table = pq.read_table(path, filters=pc.field("candid").isin(wanted))
        names = _models(table.schema.names)
        for row in table.to_pylist():
            rows = [
                [f"{name} {row[f'{name}_version']}", row[name], row[f"{name}_reason"]]
                for name in names
            ]
            shown = columns if any(r[2] for r in rows) else columns[:2]
            told[row["candid"]] = [Table("Scores", shown, [r[: len(shown)] for r in rows])]
    return told


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    models = reads.facts.get("models", {})
    if not models:
        return Section([Words("No alert of this night has a score.")])
    rows = [
        [name, one["scored"], one["above"], sum(one["reasons"].values())]
        for name, one in models.items()
    ]
    names = ("model", "scored", f"above {YES}", "not scored")
    blocks: list[Block] = [
        Table("Alerts scored by each model", [Column(n) for n in names], rows),
    ]
    if drawn := list(_histograms(reads)):
        blocks.append(Group("How they scored", drawn))
    blocks += _reasons(models)
    looked = ["scores of 1 model" if len(models) == 1 else f"scores of {len(models)} models"]
    return Section(
        blocks, problems=list(_problems(models)), looked=looked, origin=reads.facts["files"]
    )


def _problems(models: Mapping[str, Any]) -> Iterator[str]:
    """Yield why alerts have no score, a line for models that say the same."""
    same: dict[tuple[int, str], list[str]] = {}
    for name, one in models.items():
        if one["reasons"]:
            said = sum(one["reasons"].values()), next(iter(one["reasons"]))
            same.setdefault(said, []).append(name)
    for (number, reason), names in same.items():
        yield f"{', '.join(names)}: {number:,} alerts not scored, most often: {reason}"


def _files(reads: Reads) -> list[list[str]]:
    """Return what each model is: its name, version, and the hash of its file."""
    there = set(reads.files["models"])
    return [
        [f"model {name}", version, _hash(path) if path in there else path]
        for name, (version, path) in reads.settings["models"].items()
    ]


def _hash(path: str) -> str:
    with open(path, "rb") as stream:
        return f"sha256 {file_digest(stream, 'sha256').hexdigest()[:16]}"


def _models(names: Sequence[str]) -> list[str]:
    return [name for name in names if f"{name}_version" in names]


def _count(one: dict[str, Any], table: pa.Table, name: str) -> None:
    scores = table[name].drop_null().to_numpy()
    one["scored"] += scores.size
    one["above"] += int((scores > YES).sum())
    counts = np.histogram(scores, EDGES)[0].tolist()
    one["bins"] = [a + b for a, b in zip(one["bins"], counts, strict=True)]
    reasons = Counter(one["reasons"])
    reasons.update(table[f"{name}_reason"].drop_null().to_pylist())
    one["reasons"] = dict(reasons)


def _histograms(reads: Reads) -> Iterator[Block]:
    for name, one in reads.facts["models"].items():
        if not one["scored"]:
            continue
        before = [night.get("models", {}).get(name) for night in reads.earlier]
        nights = [b["bins"] for b in before if b and sum(b["bins"])]
        usual = _usual(nights, sum(one["bins"]))
        outside = one["scored"] - sum(one["bins"])
        yield Histogram(name, "score", EDGES, one["bins"], usual, len(nights), outside)


def _usual(nights: Sequence[Sequence[int]], total: int) -> list[float] | None:
    """Return the counts of a night whose bins have the median shares of the earlier ones."""
    if not nights:
        return None
    shares = [[n / sum(night) for n in night] for night in nights]
    return [total * median(bin_) for bin_ in zip(*shares, strict=True)]


def _reasons(models: Mapping[str, Any]) -> Iterator[Block]:
    rows = [
        [name, reason, number]
        for name, one in models.items()
        for reason, number in one["reasons"].items()
    ]
    if rows:
        columns = [Column("model"), Column("reason"), Column("alerts")]
        yield Group("Not scored", [Table("Why there is no score", columns, rows)])
