"""Where the boxes of a graph stand, and the way that each arrow takes between them.

Layers, as Sugiyama, Tagawa and Toda (1981) have them: each box behind the last that leads to it.
An arrow over several layers gets a lane of its own through those between, so that it passes no
box but its two ends; layers are sorted until arrows cross as little as may be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

Edge = tuple[str, str]
Lane = tuple[str, str, int]
"""An arrow's place in a layer between its ends."""
BOX, LANE = 1.0, 0.45
"""Their share of a layer's length."""


@dataclass(frozen=True)
class Layout:
    """Places as (layer, position in the layer); a layer's middle is at 0.

    Attributes
    ----------
    boxes : dict
        The place of each name.
    lanes : dict
        The places that an arrow passes between its ends, in order.
    """

    boxes: dict[str, tuple[int, float]]
    lanes: dict[Edge, list[tuple[int, float]]]


def layout(edges: Iterable[Edge]) -> Layout:
    """Return the layout of a graph without circles, but for boxes that lead to themselves."""
    edges = [edge for edge in edges if edge[0] != edge[1]]
    layer = layers_of(edges)
    layers: list[list[str | Lane]] = [[] for _ in range(max(layer.values()) + 1)]
    for name, number in layer.items():
        layers[number].append(name)
    steps: list[tuple[str | Lane, str | Lane]] = []
    for a, b in edges:
        between: list[str | Lane] = [(a, b, k) for k in range(layer[a] + 1, layer[b])]
        for number, lane in enumerate(between, layer[a] + 1):
            layers[number].append(lane)
        steps += pairwise([a, *between, b])
    layers = _sorted(layers, steps)
    place = {item: (k, at) for k, items in enumerate(layers) for item, at in _positions(items)}
    return Layout(
        {name: place[name] for name in layer},
        {(a, b): [place[a, b, k] for k in range(layer[a] + 1, layer[b])] for a, b in edges},
    )


def layers_of(edges: Iterable[Edge]) -> dict[str, int]:
    """Return the layer of each name: behind the last that leads to it."""
    edges = [edge for edge in edges if edge[0] != edge[1]]
    layer = dict.fromkeys((name for edge in edges for name in edge), 0)
    for _ in layer:
        for a, b in edges:
            layer[b] = max(layer[b], layer[a] + 1)
    for name in layer.keys() - {b for _, b in edges}:  # no earlier than it is needed
        layer[name] = min(layer[b] for a, b in edges if a == name) - 1
    return layer


def crossings(layers: Sequence[Sequence[object]], steps: Iterable[tuple[object, object]]) -> int:
    """Return how many pairs of steps from a layer to the next cross."""
    at = {item: (k, i) for k, items in enumerate(layers) for i, item in enumerate(items)}
    ends = [(at[a], at[b]) for a, b in steps]
    pairs = combinations(ends, 2)
    return sum(a[0] == c[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0 for (a, b), (c, d) in pairs)


def _sorted(
    layers: list[list[str | Lane]], steps: list[tuple[str | Lane, str | Lane]]
) -> list[list[str | Lane]]:
    """Return the layers in the best order that sweeps to and fro find: near to neighbours."""
    best, fewest = [list(items) for items in layers], crossings(layers, steps)
    layers = [list(items) for items in layers]
    for sweep in range(12):
        forth = sweep % 2 == 0
        order = range(1, len(layers)) if forth else range(len(layers) - 2, -1, -1)
        for k in order:
            beside = layers[k - 1 if forth else k + 1]
            ends = [step if forth else step[::-1] for step in steps]
            _pull(layers[k], beside, ends)
        if (now := crossings(layers, steps)) < fewest:
            best, fewest = [list(items) for items in layers], now
    return best


def _pull(
    items: list[str | Lane], beside: list[str | Lane], steps: list[tuple[str | Lane, ...]]
) -> None:
    """Sort a layer by where its neighbours stand in the layer beside it, on the average."""
    share = {item: (i + 0.5) / len(beside) for i, item in enumerate(beside)}
    where = {}
    for i, item in enumerate(items):
        near = [share[a] for a, b in steps if b == item and a in share]
        where[item] = sum(near) / len(near) if near else (i + 0.5) / len(items)
    items.sort(key=where.__getitem__)


def _positions(items: list[str | Lane]) -> Iterable[tuple[str | Lane, float]]:
    at = -sum(map(_length, items)) / 2
    for item in items:
        yield item, at + _length(item) / 2
        at += _length(item)


def _length(item: str | Lane) -> float:
    return BOX if isinstance(item, str) else LANE
