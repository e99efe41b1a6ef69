"""The mermaid graphs of the pages, drawn: a forge draws them itself, Sphinx does not."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as File

import numpy as np
from layout import Edge, layout
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextPath

# All in inches: so the picture is the same at any resolution.
FONT = 9.0  # [pt]
HEIGHT, PAD = 0.34, 0.12  # of a box; beside its text
GAP, ROOM = 0.62, 0.52  # between layers, between the middles of two boxes of a layer
HEAD, MARGIN = 0.09, 0.12  # arrowhead; around all
INK, FILL = "#445566", "#eef3f8"


@dataclass(frozen=True)
class Shapes:
    """What is drawn [inch].

    Attributes
    ----------
    boxes : dict
        Left, bottom, right and top of each box.
    arrows : dict
        The line of each arrow, from the border of its first box to that of its second.
    """

    boxes: dict[str, tuple[float, float, float, float]]
    arrows: dict[Edge, Path]


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


def shapes(mermaid: str) -> Shapes:
    """Return what is drawn of a graph, from left to right (``LR``) or bottom to top (``BT``)."""
    edges, upwards = edges_of(mermaid), "flowchart BT" in mermaid
    plan = layout(edges)
    width = max(map(_text_width, plan.boxes)) + 2 * PAD
    deep, room = (HEIGHT, width + 0.25) if upwards else (width, ROOM)

    def point(layer: int, at: float, side: float) -> tuple[float, float]:
        """Return a place before (-1), in (0) or behind (1) a box of the layer."""
        forward, across = layer * (deep + GAP) + side * deep / 2, at * room
        return (across, forward) if upwards else (forward, -across)

    boxes = {}
    for name, place in plan.boxes.items():
        x, y = point(*place, 0)
        boxes[name] = (x - width / 2, y - HEIGHT / 2, x + width / 2, y + HEIGHT / 2)
    arrows = {}
    for a, b in edges:
        if a == b:
            arrows[a, b] = _loop(boxes[a])
            continue
        lanes = [point(*place, side) for place in plan.lanes[a, b] for side in (-1, 1)]
        ends = [point(*plan.boxes[a], 1), *lanes, point(*plan.boxes[b], -1)]
        arrows[a, b] = _line(np.array(ends), upwards)
    return Shapes(boxes, arrows)


def draw(mermaid: str, path: File) -> None:
    """Draw a graph into a file, of the kind that its name says."""
    found = shapes(mermaid)
    corners = [np.reshape(box, (2, 2)) for box in found.boxes.values()]
    corners += [arrow.vertices for arrow in found.arrows.values()]
    low = np.min([c.min(axis=0) for c in corners], axis=0) - MARGIN
    high = np.max([c.max(axis=0) for c in corners], axis=0) + MARGIN
    figure = Figure(figsize=tuple(high - low))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.axis("off")
    for name, (left, bottom, right, top) in found.boxes.items():
        shape = FancyBboxPatch(
            (left, bottom), right - left, top - bottom,
            boxstyle="round,pad=0,rounding_size=0.06", facecolor=FILL, edgecolor=INK, zorder=1,
        )  # fmt: skip
        axes.add_patch(shape)
        middle = (left + right) / 2, (bottom + top) / 2
        axes.text(*middle, name, ha="center", va="center_baseline", fontsize=FONT, zorder=4)
    for line in found.arrows.values():
        axes.add_patch(PathPatch(line, facecolor="none", edgecolor=INK, linewidth=1.0, zorder=2))
        axes.add_patch(Polygon(_head(line), color=INK, linewidth=0, zorder=3))
    path.parent.mkdir(parents=True, exist_ok=True)
    words: dict[str, str | None] = {"Title": "; ".join(map(" to ".join, found.arrows))}
    if path.suffix == ".svg":
        words["Date"] = None  # the same bytes each time
    figure.savefig(path, metadata=words)


def _text_width(text: str) -> float:
    return float(TextPath((0, 0), text, size=FONT).get_extents().width) / 72


def _line(ends: np.ndarray, upwards: bool) -> Path:
    """Return a line through all points: curves from layer to layer, straight within one.

    Curves leave and arrive in the direction of the layers, so that they stay between these.
    """
    vertices, codes = [ends[0]], [Path.MOVETO]
    axis = 1 if upwards else 0
    for k, (start, end) in enumerate(pairwise(ends)):
        if k % 2:  # through a layer, in its lane
            vertices.append(end)
            codes.append(Path.LINETO)
            continue
        bend = np.zeros(2)
        bend[axis] = (end - start)[axis] / 2
        vertices += [start + bend, end - bend, end]
        codes += [Path.CURVE4] * 3
    return Path(np.array(vertices), codes)


def _loop(box: tuple[float, float, float, float]) -> Path:
    left, _, right, top = box
    middle, wide, high = (left + right) / 2, 0.14, 0.2
    corners = [(middle + wide, top), (middle + wide, top + high), (middle - wide, top + high)]
    return Path([*corners, (middle - wide, top)], [Path.MOVETO, *[Path.CURVE4] * 3])


def _head(line: Path) -> np.ndarray:
    """Return the corners of the arrowhead at a line's end."""
    tip, before = line.vertices[-1], line.vertices[-2]
    forward = (tip - before) / np.hypot(*(tip - before))
    aside = HEAD / 2.2 * np.array([-forward[1], forward[0]])
    return np.array([tip, tip - HEAD * forward + aside, tip - HEAD * forward - aside])
