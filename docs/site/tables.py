"""The overview in docs/tables.md, from the tables that the domains declare.

    python docs/site/tables.py

writes it; all else of the document is written by hand.
"""

import re

from pages import ROOT

from pipeline.io.atomic import atomic_path
from pipeline.plan.domains import TABLES

DOCUMENT = ROOT / "docs/tables.md"
HEADER = "| table | one row for each | key within a night | made where |\n|---|---|---|---|\n"


def overview() -> str:
    """Return a line a table, with a link to its section."""
    lines = []
    for table in TABLES:
        keys = ", ".join(f"`{key}`" for key in table.keys) or "none"
        cells = (f"[`{table.name}`](#{table.name.replace('_', '-')})", table.row, keys, table.made)
        lines.append(f"| {' | '.join(cells)} |\n")
    return HEADER + "".join(lines)


def with_overview(text: str) -> str:
    """Return the document with the overview that the domains make.

    Raises
    ------
    ValueError
        If the document has no overview, or several.
    """
    new, count = re.subn(r"^\| table \|.*\n(\|.*\n)*", lambda _: overview(), text, flags=re.M)
    if count != 1:
        raise ValueError(f"{DOCUMENT}: expected one table that begins with | table |, not {count}")
    return new


if __name__ == "__main__":
    with atomic_path(DOCUMENT) as temporary:
        temporary.write_text(with_overview(DOCUMENT.read_text()))
