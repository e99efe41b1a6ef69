"""The filters' part of the morning page: what each passed, and the alerts that it passed."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contract.blocks import (
    Block,
    Cell,
    Column,
    Group,
    Ranking,
    Reads,
    Section,
    Table,
    Words,
)

_WORDS = "what the filter passed, the brightest at the top"
MOST_REASONS = 5
MOST_ANNOTATIONS = 12
MOST_TEXT = 80
_PASSED = {True: "yes", False: "no", None: "nothing can be said"}


def facts(reads: Reads) -> dict[str, Any]:
    """Return what the filters passed; see `pipeline.contract.page.Page.facts`."""
    for path in reads.files["summary"]:
        with open(path, encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    return {}


def ranking(reads: Reads) -> list[Ranking]:
    """Return the alerts that each filter passed."""
    candids: dict[str, list[int]] = {name: [] for name in reads.settings["filters"]}
    for path in reads.files["candidates"]:
        for row in pq.read_table(path, columns=["candid", "filter"]).to_pylist():
            candids.setdefault(row["filter"], []).append(row["candid"])
    return [Ranking(f"Filter {name}", _WORDS, sorted(c)) for name, c in candids.items()]


def about(reads: Reads, candids: Sequence[int]) -> dict[int, list[Table]]:
    """Return what filters noted of some alerts, a table for each filter that passed it.

    Where there are verdicts among the files, they come first: a row a filter.
    """
    wanted = pa.array(list(candids), pa.int64())
    told = _verdicts(reads.files["verdicts"], wanted) if "verdicts" in reads.files else {}
    for path in reads.files["candidates"]:
        table = pq.read_table(
            path,
            columns=["candid", "filter", "version", "annotations"],
            filters=pc.field("candid").isin(wanted),
        )
        for row in sorted(table.to_pylist(), key=lambda r: (r["candid"], r["filter"])):
            noted = json.loads(row["annotations"]) if row["annotations"] else {}
            if not isinstance(noted, dict):  # a pipeline may call anything its annotations
                noted = {"annotations": noted}
            rows = [[str(k), _cell(v)] for k, v in islice(noted.items(), MOST_ANNOTATIONS)]
            caption = f"Filter {row['filter']} {row['version']}".strip()
            columns = [Column("annotation"), Column("value", 4)]
            if rows:
                told.setdefault(row["candid"], []).append(Table(caption, columns, rows))
    return told


def _verdicts(paths: Sequence[str], wanted: pa.Array) -> dict[int, list[Table]]:
    rows: dict[int, list[list[Cell]]] = {}
    for path in paths:
        table = pq.read_table(path, filters=pc.field("candid").isin(wanted))
        for row in sorted(table.to_pylist(), key=lambda r: r["filter"]):
            cells = [f"{row['filter']} {row['version']}".strip(), _PASSED[row["passed"]]]
            rows.setdefault(row["candid"], []).append([*cells, row["reason"]])
    columns = [Column("filter"), Column("passed"), Column("why not")]
    return {candid: [Table("Filters", columns, found)] for candid, found in rows.items()}


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    found = reads.facts.get("filters", {})
    if not found:
        return Section([Words("No filter ran on the alerts of this night.")])
    alerts = reads.facts["alerts"]
    rows = [_row(name, one, alerts) for name, one in found.items()]
    columns = ["filter", "passed", "did not pass", "nothing can be said", "by earlier nights"]
    reasons = [
        [name, reason, number]
        for name, one in found.items()
        for reason, number in islice(one["reasons"].items(), MOST_REASONS)
    ]
    told = [Column("filter"), Column("the first condition that failed"), Column("alerts")]
    blocks: list[Block] = [Table("What each filter passed", [Column(n) for n in columns], rows)]
    if reasons:
        blocks.append(Group("What they took away", [Table("Cuts", told, reasons)], folded=True))
    problems = [
        f"filter {name}: nothing can be said of {one['unknown']:,} alerts"
        + (f": {one['warnings'][0]}" if one["warnings"] else "")
        for name, one in found.items()
        if one["unknown"]
    ]
    passed = sum(one["passed"] for one in found.values())
    filters = "1 filter" if len(found) == 1 else f"{len(found)} filters"
    looked = [f"{filters}, passed by {passed:,} alerts in all"]
    return Section(blocks, problems=problems, looked=looked)


def _row(name: str, one: Mapping[str, Any], alerts: int) -> list[Cell]:
    usual = one["earlier_share"]
    expected = None if usual is None else round(usual * alerts)
    return [name, one["passed"], one["failed"], one["unknown"], expected]


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
