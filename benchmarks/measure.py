"""What all benchmarks share: CPU seconds, a figure beside its peer, a table of figures."""

import time
from collections.abc import Callable, Iterable
from typing import Any, TypedDict


class Figure(TypedDict):
    """One line of the results; `ratio` is how many times better than the peer."""

    figure: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None
    goal: float | None
    note: str


def figure(
    name: str,
    ours: float,
    unit: str,
    *,
    peer: float | None = None,
    goal: float | None = None,
    note: str = "",
) -> Figure:
    """Return a figure; a unit that ends in ``/s`` is better when larger."""
    ratio = None
    if peer is not None:
        ratio = ours / peer if unit.endswith("/s") else peer / ours
    return Figure(figure=name, ours=ours, peer=peer, unit=unit, ratio=ratio, goal=goal, note=note)


def cpu(work: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Return the CPU seconds that this process spends on `work`, and what it returns.

    Of several runs the fastest counts.
    """
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


def markdown(figures: Iterable[Figure]) -> str:
    """Return a table of figures.

    >>> print(markdown([figure("match", 0.5, "CPU s", peer=5.0, goal=1.5, note="2 arcsec")]))
    | figure | ours | goal | peer | better by | |
    |---|---|---|---|---|---|
    | match | 0.5 CPU s | 1.5 | 5 | 10x | 2 arcsec |
    """
    lines = ["| figure | ours | goal | peer | better by | |", "|---|---|---|---|---|---|"]
    for f in figures:
        goal, peer = (_number(f[key]) for key in ("goal", "peer"))
        ratio = f"{f['ratio']:.3g}x" if f["ratio"] else ""
        ours = f"{_number(f['ours'])} {f['unit']}"
        lines.append(
            f"| {f['figure'].strip()} | {ours} | {goal} | {peer} | {ratio} | {f['note']} |"
        )
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"
