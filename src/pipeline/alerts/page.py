"""The alerts' part of the morning page: what came in, what became of it, where it lies."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from pipeline.alerts.page_facts import MAGNITUDES
from pipeline.contract.blocks import (
    Block,
    Column,
    Group,
    Histogram,
    Lines,
    Reads,
    Section,
    Sky,
    Table,
    Words,
)

ACCOUNTED = (
    ("read", "packets read"),
    ("alerts", "alerts"),
    ("rejected", "rejected"),
    ("duplicates", "duplicates of a packet that was read already"),
    ("objects", "objects that the alerts are of"),
    ("history", "earlier measurements kept"),
    ("history_left_out", "earlier measurements left out, as configured"),
)
UNUSUAL = 3.0
"""Factor between a night and the median of the earlier ones that is told."""
LEAST_NIGHTS = 3
"""Of which a median means something."""


def section(reads: Reads) -> Section:
    """Return the part of the page; see `pipeline.contract.page.Page.section`."""
    facts = reads.facts
    counts = _counts(facts)
    if not counts.get("alerts"):
        blocks: list[Block] = [Words("No alert of this night can be used.")]
    else:
        blocks = []
    blocks += [_accounting(reads), *_sky(facts), *_distributions(reads), *_failures(facts)]
    objects = f" of {counts['objects']:,} objects" if counts.get("objects") else ""
    looked = f"{counts.get('alerts', 0):,} alerts{objects}"
    return Section(blocks, problems=list(_problems(reads)), looked=[looked])


def _counts(facts: Mapping[str, Any]) -> dict[str, int]:
    return {**facts.get("counts", {}), "objects": facts.get("objects", 0)}


def _accounting(reads: Reads) -> Table:
    counts = _counts(reads.facts)
    rows = []
    for name, words in ACCOUNTED:
        if name == "history_left_out" and not counts.get(name):
            continue
        before = [_counts(night).get(name) for night in reads.earlier]
        known = [value for value in before if value is not None]
        usual = median(known) if known else None
        rows.append([words, counts.get(name), None if usual is None else round(usual)])
    nights = len(reads.earlier)
    column = f"median of {nights} earlier night{'s' * (nights != 1)}"
    caption = "Packets of the night: read = alerts + rejected + duplicates"
    if not nights:
        return Table(caption, [Column("what"), Column("this night")], [row[:2] for row in rows])
    return Table(caption, [Column("what"), Column("this night"), Column(column)], rows)


def _sky(facts: Mapping[str, Any]) -> Iterator[Block]:
    sky = facts.get("sky") or {}
    if sky.get("pixels"):
        yield Sky("Alerts on the sky", sky["order"], sky["pixels"], sky["counts"])


def _distributions(reads: Reads) -> Iterator[Block]:
    bands = reads.facts.get("bands", {})
    if not bands:
        return
    rows = [[b, f["alerts"], f["positive"], f["negative"]] for b, f in bands.items()]
    names = ("band", "alerts", "brighter than the template", "fainter")
    yield Table("Alerts by band", [Column(name) for name in names], rows)
    kinds = (("magnitudes", "magnitude"), ("limits", "limit of the image (5σ)"))
    drawn = [
        _histogram(reads, band, kind, f"{band}: {words}", f"{words} [mag]")
        for kind, words in kinds
        for band, found in bands.items()
        if sum(found[kind])
    ]
    if drawn:
        yield Group("Magnitudes and limits", drawn)


def _histogram(reads: Reads, band: str, kind: str, title: str, axis: str) -> Histogram:
    counts = reads.facts["bands"][band][kind]
    total = sum(counts)
    before = [night.get("bands", {}).get(band, {}).get(kind) for night in reads.earlier]
    usual, nights = usual_counts([b for b in before if b], total)
    *inside, outside = counts
    return Histogram(title, axis, MAGNITUDES, inside, usual and usual[:-1], nights, outside)


def usual_counts(before: Sequence[Sequence[int]], total: int) -> tuple[list[float] | None, int]:
    """Return the median share of each bin over some nights, times a number; None without any."""
    shares = [[n / sum(night) for n in night] for night in before if sum(night)]
    if not shares:
        return None, 0
    return [total * median(values) for values in zip(*shares, strict=True)], len(shares)


def _failures(facts: Mapping[str, Any]) -> Iterator[Block]:
    rejected = facts.get("rejected", [])
    if rejected:
        rows = [[r["reason"], r["number"], _place(r)] for r in rejected]
        columns = [Column("reason"), Column("packets"), Column("the first of them")]
        yield Group("Rejected packets", [Table("Why packets were rejected", columns, rows)])
    unlisted = facts.get("unlisted_fields", [])
    if unlisted:
        words = Words("Fields of the packets that no column of the tables takes:")
        yield Group("New fields", [words, Lines(unlisted)], folded=True)


def _place(row: Mapping[str, Any]) -> str | None:
    return None if row["source"] is None else f"{row['source']}, packet {row['position']}"


def _problems(reads: Reads) -> Iterator[str]:
    facts, counts = reads.facts, _counts(reads.facts)
    rejected = facts.get("rejected", [])
    if rejected:
        number = sum(row["number"] for row in rejected)
        of = counts.get("read", 0)
        yield f"{number:,} of {of:,} packets rejected, most often: {rejected[0]['reason']}"
    if not counts.get("read"):
        yield "no packet was read"
    if facts.get("unlisted_fields"):
        yield f"{len(facts['unlisted_fields']):,} fields of the packets are in no table"
    before = [_counts(night).get("alerts", 0) for night in reads.earlier]
    if len(before) >= LEAST_NIGHTS and (usual := median(before)):
        now = counts.get("alerts", 0)
        if not usual / UNUSUAL <= now <= usual * UNUSUAL:
            yield f"{now:,} alerts, where the earlier nights have {usual:,.0f} (median)"
