"""The page of a night, from what was gathered of it and the nights before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.alerts.photometry import MJD_ZERO
from pipeline.contract.blocks import Block, Outline, Section, Sky, plain
from pipeline.io.atomic import atomic_path, write_json
from pipeline.report import sky_map
from pipeline.report.gather import finite
from pipeline.report.links import links
from pipeline.report.origin import origin_blocks
from pipeline.report.parts import Part
from pipeline.report.render import PAGE, render
from pipeline.sky.coordinates import sexagesimal

OBJECTS, ORIGIN = "objects", "origin"
"""Parts of the page's own."""
OBJECTS_TITLE, ORIGIN_TITLE = "Objects", "Provenance"


@dataclass(frozen=True)
class Shown:
    """What a page is made of.

    Attributes
    ----------
    survey, night : str
    facts, objects : Path
        Of `pipeline.report.gather.gather`; those that are not there are empty.
    earlier : sequence of Path
        Facts of earlier nights, newest first.
    inputs : mapping of str to sequence of str
        The domains' files (`pipeline.report.parts`).
    configuration : mapping of str to str
        What differs from the defaults.
    code : str
        Hash of the code that makes the page.
    """

    survey: str
    night: str
    facts: Path
    objects: Path
    earlier: Sequence[Path] = ()
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


def make_page(shown: Shown, parts: Sequence[Part], html: Path, numbers: Path) -> dict[str, Any]:
    """Write the page, and every number on it as JSON; return these."""
    facts = _read(shown.facts)
    earlier = [_read(path) for path in shown.earlier]
    span = _span(facts)
    sections = {part.name: _section(part, shown, facts, earlier, span) for part in parts}
    titles = {part.name: part.title for part in parts}
    told = [
        {"name": name, "title": titles[name], "blocks": section.blocks}
        for name, section in sections.items()
    ]
    found = _read(shown.objects)
    cards = [shown_card(shown.survey, one) for one in found.get("objects", ())]
    lists = _lists(found.get("lists", ()), cards)
    rows = [list(row) for section in sections.values() for row in section.origin]
    command = f"snakemake --profile profiles/local --force {html}"
    origin = origin_blocks(shown.configuration, shown.code, command, rows)
    told += [
        {"name": OBJECTS, "title": OBJECTS_TITLE, "blocks": ()},
        {"name": ORIGIN, "title": ORIGIN_TITLE, "blocks": origin},
    ]
    values = {
        "survey": shown.survey,
        "night": shown.night,
        "span": span,
        **{kind: _all(sections, kind) for kind in ("alarms", "problems", "looked")},
    }
    outlines = [line for section in sections.values() for line in section.outlines]
    page = render(
        PAGE,
        **values,
        parts=told,
        lists=lists,
        objects=cards,
        map=_map(sections, outlines),
    )
    with atomic_path(html) as temporary:
        temporary.write_text(page, encoding="utf-8")
    told_numbers = finite(
        values
        | {"parts": {part["name"]: plain(part["blocks"]) for part in told}}
        | {"lists": found.get("lists", [])}
        | {"objects": [_without_pictures(one) for one in found.get("objects", ())]}
    )
    write_json(told_numbers, numbers)
    return values


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _span(facts: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the first and the last time of the night's alerts, where a domain knows it."""
    spans = [of["span"] for of in facts.values() if isinstance(of, Mapping) and of.get("span")]
    return (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None


def _section(
    part: Part,
    shown: Shown,
    facts: Mapping[str, Any],
    earlier: Sequence[Mapping[str, Any]],
    span: tuple[float, float] | None,
) -> Section:
    make = part.maker("section")
    if make is None:
        return Section()
    reads = part.reads(
        shown.survey,
        shown.night,
        shown.inputs,
        facts=facts.get(part.name, {}),
        earlier=[night[part.name] for night in earlier if part.name in night],
        span=span,
    )
    found: Section = make(reads)
    return found


def _all(sections: Mapping[str, Section], kind: str) -> list[str]:
    return [line for section in sections.values() for line in getattr(section, kind)]


def _map(sections: Mapping[str, Section], outlines: list[Outline]) -> sky_map.SkyMap | None:
    """Return the map of the sky, if a part has one."""
    for section in sections.values():
        sky = _sky_in(section.blocks)
        if sky is not None:
            return sky_map.draw(sky, outlines)
    return None


def _sky_in(blocks: Sequence[Block]) -> Sky | None:
    return next((block for block in blocks if isinstance(block, Sky)), None)


def shown_card(survey: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with what its card shows beside what was gathered of it.

    Parameters
    ----------
    survey : str
    one : mapping
        As `pipeline.report.cards.card_of` returns it, with ``tables`` if there are any.
    """
    seen = one["first_seen"]
    packet = {
        "caption": f"Packet {one['candid']}",
        "columns": [{"name": "what", "digits": None}, {"name": "value", "digits": 3}],
        "rows": [[words, value] for words, value, _ in one["values"]],
    }
    return {
        **one,
        "mjd": one["jd"] - MJD_ZERO,
        "age": None if seen is None else max(one["jd"] - seen, 0.0),
        "links": list(links(survey, one["object_id"], one["ra"], one["dec"])),
        "sexagesimal": sexagesimal(one["ra"], one["dec"]),
        "packet": packet,
        "tables": one.get("tables", ()),
        "ranks": [],
    }


def _lists(
    lists: Sequence[Mapping[str, Any]], cards: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lists with their cards, and tell each card where it stands."""
    of = {card["candid"]: card for card in cards}
    told = []
    for one in lists:
        pairs = zip(one["candids"], one["values"], strict=True)
        rows = [(of[candid], value) for candid, value in pairs if candid in of]
        for rank, (card, _) in enumerate(rows, 1):
            card["ranks"].append((one["name"], rank))
        new = [card for card, _ in rows if len(card["ranks"]) == 1]
        old = [card for card, _ in rows if len(card["ranks"]) > 1]
        valued = len({value for _, value in rows}) > 1
        told.append({**one, "rows": rows, "valued": valued, "cards": new, "elsewhere": old})
    return told


def _without_pictures(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "stamps"}
