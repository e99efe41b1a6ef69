"""A document's files and edits, carried out on a copy of the checkout."""

import hashlib
import re
from pathlib import Path

_BLOCK = re.compile(r"^`([\w./-]+)`(?:, ([^\n]+))?:\n\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)


def follow(document: Path, checkout: Path) -> None:
    """Do what a document says: write each file it gives, add each line where it says.

    Raises
    ------
    ValueError
        If a place is not understood, or not there.
    """
    for name, where, text in _BLOCK.findall(document.read_text()):
        path = checkout / name
        if where:
            path.write_text(_added(path.read_text(), where, text))
        elif path.exists():
            raise ValueError(f"{document.name}: {name} is there already")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def _added(old: str, where: str, text: str) -> str:
    if where == "at the end":
        return f"{old}\n\n{text}"
    if where == "as the last lines":
        return old + text
    if found := re.fullmatch(r"last in `(\w+)`", where):
        start = re.search(rf"^( *){found[1]}=\(\n", old, flags=re.MULTILINE)
        end = old.index(f"\n{start[1]}),\n", start.end()) + 1
        return old[:end] + text + old[end:]
    if found := re.fullmatch(r"(?:instead of|after|before) `([^`]+)`", where):
        if old.count(f"{found[1]}\n") != 1:
            raise ValueError(f"{found[1]} stands there {old.count(found[1])} times")
        if where.startswith("before"):
            return old.replace(f"{found[1]}\n", f"{text}\n{found[1]}\n")
        kept = "" if where.startswith("instead") else f"{found[1]}\n"
        return old.replace(f"{found[1]}\n", kept + text)
    raise ValueError(f"where is {where!r}?")


def contents(checkout: Path) -> dict[str, str]:
    """Return the hash of each file of a checkout, by its path."""
    return {
        path.relative_to(checkout).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(checkout.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def touched(before: dict[str, str], checkout: Path) -> set[str]:
    """Return the files that are new, changed or gone."""
    after = contents(checkout)
    return {name for name in before | after if before.get(name) != after.get(name)}
