"""Round numbers along an axis, and numbers as short text in a drawing."""

from collections.abc import Sequence
from math import ceil, floor, log10


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers within a range, at most `most` and at least one if it has any.

    >>> ticks(17.3, 20.4)
    [17.5, 18.0, 18.5, 19.0, 19.5, 20.0]
    >>> ticks(0, 0.25)
    [0.0, 0.05, 0.1, 0.15, 0.2, 0.25]
    """
    width = high - low
    if not width > 0:
        return [low]
    step = 10.0 ** floor(log10(width))
    steps = [step * factor for factor in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)]
    step = next((s for s in steps if floor(high / s) - ceil(low / s) < most), steps[-1])
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    digits = max(0, -floor(log10(step)) + 1)
    return [round(number * step, digits) for number in range(first, last + 1)]


def label(value: float) -> str:
    """Return a number as it stands at a tick.

    >>> label(18.0), label(0.25), label(-30), label(12000)
    ('18', '0.25', '−30', '12,000')
    """
    text = f"{value:,.10g}" if abs(value) < 1e9 else f"{value:g}"
    return text.replace("-", "−")


def short(value: float) -> str:
    """Return a coordinate in a drawing: one digit after the point, none where it is 0.

    >>> short(12.04), short(3.25), short(-0.01)
    ('12', '3.2', '0')
    """
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def path(points: Sequence[tuple[float, float]]) -> str:
    """Return an SVG path along some points.

    >>> path([(0, 0), (10, 5.5)])
    'M0 0L10 5.5'
    """
    return "".join(
        f"{'L' if number else 'M'}{short(x)} {short(y)}" for number, (x, y) in enumerate(points)
    )
