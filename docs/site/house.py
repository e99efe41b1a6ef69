"""The picture of the house in docs/architecture.md, from the imports of its rooms.

    python docs/site/house.py

writes it; all else of the document is written by hand.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from graphs import reduced
from pages import ROOT

from pipeline.io.atomic import atomic_path

DOCUMENT = ROOT / "docs/architecture.md"
PACKAGE = ROOT / "src/pipeline"


def picture() -> str:
    """Return the picture: an arrow leads from a room to those that import it.

    What follows from other arrows is left out: who imports `alerts` may import all that
    `alerts` does.
    """
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    imports = {(b, room) for room in rooms for b in _imports(PACKAGE / room) if b in rooms}
    arrows = reduced(edge for edge in imports if edge[0] != edge[1])
    lines = [f"    {a} --> {b}\n" for a, b in arrows]
    return f"```mermaid\nflowchart BT\n{''.join(lines)}```\n"


def _imports(room: Path) -> Iterator[str]:
    """Yield what the modules of a room import of the package, wherever the import stands."""
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            yield from (n.split(".")[1] for n in names if n.startswith(f"{PACKAGE.name}."))


def with_picture(text: str) -> str:
    """Return the document with the house as it is."""
    new, count = re.subn(
        r"^```mermaid\nflowchart BT\n.*?^```\n", picture(), text, flags=re.M | re.S
    )
    if count != 1:
        raise ValueError(f"{DOCUMENT}: expected one flowchart BT, not {count}")
    return new


if __name__ == "__main__":
    with atomic_path(DOCUMENT) as temporary:
        temporary.write_text(with_picture(DOCUMENT.read_text()))
