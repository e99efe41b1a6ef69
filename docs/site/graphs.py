"""The mermaid graphs of the pages, drawn: a forge draws them itself, Sphinx does not."""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from matplotlib.figure import Figure

Edge = tuple[str, str]
WIDTH, HEIGHT = 1.5, 0.8  # of a box's place [inch]


def edges_of(mermaid: str) -> list[Edge]:
    """Return the arrows of lines such as ``a & b --> c --> d``, each once."""
    found: dict[Edge, None] = {}
    for line in mermaid.splitlines():
        steps = [re.split(r"\s*&\s*", step.strip()) for step in line.split("-->")]
        for left, right in pairwise(steps):
            found |= dict.fromkeys((a, b) for a in left for b in right)
    return list(found)


def reduced(edges: Iterable[Edge]) -> list[Edge]:
    """Return the arrows of a graph without circles that do not follow from others."""
    below = defaultdict(set)
    for a, b in edges:
        below[a].add(b)

    def reached(start: str) -> set[str]:
        return set().union(*({b} | reached(b) for b in below[start]))

    return sorted(
        (a, b)
        for a in list(below)
        for b in below[a]
        if not any(b in reached(c) for c in below[a] - {b})
    )


def columns_of(edges: Iterable[Edge]) -> list[list[str]]:
    """Return the names by column: each one behind the last that leads to it."""
    edges = [edge for edge in edges if edge[0] != edge[1]]
    column = dict.fromkeys((name for edge in edges for name in edge), 0)
    for _ in column:
        for a, b in edges:
            column[b] = max(column[b], column[a] + 1)
    for name in column.keys() - {b for _, b in edges}:  # no earlier than it is needed
        column[name] = min(column[b] for a, b in edges if a == name) - 1
    columns = [[n for n in column if column[n] == k] for k in range(max(column.values()) + 1)]
    for left, right in pairwise(columns):
        # near to what leads there; what nothing leads to comes last
        above = {n: [left.index(a) for a, b in edges if b == n and a in left] for n in right}
        right.sort(key=lambda n: sum(above[n]) / len(above[n]) if above[n] else len(left))
    return columns


def draw(mermaid: str, path: Path) -> None:
    """Draw a graph as SVG, from left to right (``LR``) or from bottom to top (``BT``)."""
    edges = edges_of(mermaid)
    columns, upwards = columns_of(edges), "flowchart BT" in mermaid
    most = max(map(len, columns))
    places = {
        name: (k, (most - len(names)) / 2 + i)
        for k, names in enumerate(columns)
        for i, name in enumerate(names)
    }
    across, along = (most, len(columns)) if upwards else (len(columns), most)
    figure = Figure(figsize=(across * WIDTH, along * HEIGHT * (1.4 if upwards else 1)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.5, across - 0.5), ylim=(-0.5, along - 0.5))
    axes.axis("off")
    box = {"boxstyle": "round,pad=0.4", "facecolor": "#eef3f8", "edgecolor": "#456"}
    drawn = {}
    for name, (k, i) in places.items():
        at = (i, k) if upwards else (k, most - 1 - i)
        drawn[name] = axes.text(*at, name, ha="center", va="center", fontsize=9, bbox=box)
    figure.draw_without_rendering()  # boxes have no place before
    for a, b in edges:
        arrow = {"arrowstyle": "-|>", "color": "#456"}
        start, end = drawn[a].get_position(), drawn[b].get_position()
        if a == b:
            start, end = (start[0] + 0.2, start[1] + 0.2), (end[0] - 0.2, end[1] + 0.2)
            arrow |= {"connectionstyle": "arc3,rad=0.6"}
        else:
            arrow |= {"patchA": drawn[a].get_bbox_patch(), "patchB": drawn[b].get_bbox_patch()}
            # around what stands between
            around = places[b][0] - places[a][0] > 1
            arrow |= {"connectionstyle": f"arc3,rad={-0.2 if around else 0.0}"}
        axes.annotate("", end, start, arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0}, zorder=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Title": "; ".join(map(" to ".join, edges))})
