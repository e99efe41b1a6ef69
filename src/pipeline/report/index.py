"""The index over all nights, with a search by object: the only page that has a script."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.io.atomic import atomic_path
from pipeline.report.parts import Part
from pipeline.report.render import FOLDER, INDEX, render
from pipeline.report.times import time_blocks

SCRIPT = "search.js"
MOST_OBJECTS = 20_000
"""Of which the index holds the names: some 1 MB."""
MOST_LETTERS = 60
_ESCAPED = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def make_index(
    numbers: Sequence[Path],
    inputs: Mapping[str, Sequence[str]],
    parts: Sequence[Part],
    logs: Path,
    output: Path,
) -> int:
    """Write the index; return how many nights it has.

    Parameters
    ----------
    numbers : sequence of Path
        The pages' JSON files; those that are not there are left out.
    inputs, parts
        Of the domains whose part of the page is not of one night.
    logs : Path
        Folder of the jobs' logs.
    output : Path
        HTML.
    """
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in numbers if path.is_file()]
    nights = [_night(page) for page in sorted(pages, key=_newest, reverse=True)]
    objects, searched, left_out = _searchable(nights)
    script = (FOLDER / SCRIPT).read_text(encoding="utf-8").strip()
    told = []
    for part in parts:
        make = part.maker("section")
        if make is not None:
            blocks = make(part.reads("", "", inputs)).blocks
            told.append({"name": part.name, "title": part.title, "blocks": blocks})
    told.append({"name": "times", "title": "Times and memory", "blocks": time_blocks(logs)})
    page = render(
        INDEX,
        nights=nights,
        alarms=[(night["page"], line) for night in nights for line in night["alarms"]],
        parts=told,
        searched=searched,
        left_out=left_out,
        data=Markup(in_script(objects)),  # noqa: S704 - escaped for a script
        script=Markup(script),  # noqa: S704 - our own
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return len(nights)


def in_script(value: Any) -> str:
    r"""Return JSON that can stand in a script: nothing in it ends one, or begins a comment.

    >>> in_script("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, separators=(",", ":"))
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def _newest(page: Mapping[str, Any]) -> tuple[float, str, str]:
    return (page["span"] or [0.0, 0.0])[1], page["night"], page["survey"]


def _night(page: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: page[key] for key in ("survey", "night", "alarms", "problems", "looked")}
    names = [[_name(one), str(one["candid"])] for one in page["objects"]]
    return {**kept, "page": f"{page['survey']}/{page['night']}.html", "objects": names}


def _name(one: Mapping[str, Any]) -> str:
    return (one["object_id"] or "without a name")[:MOST_LETTERS]


def _searchable(nights: Sequence[Mapping[str, Any]]) -> tuple[list[list[Any]], int, int]:
    """Return the objects of the newest nights, as many as there is room for."""
    told: list[list[Any]] = []
    number = left = 0
    for night in nights:
        if number + len(night["objects"]) > MOST_OBJECTS:
            left += len(night["objects"])
        else:
            told.append([night["page"], night["objects"]])
            number += len(night["objects"])
    return told, number, left
