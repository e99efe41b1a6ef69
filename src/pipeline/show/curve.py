"""A light curve in a terminal: a letter a point, faint below; bands by letter and by colour."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from pipeline.report.axis import label, ticks
from pipeline.report.cards import FORCED, LIMIT
from pipeline.report.light_curve import FORMS, Scale, band_number, scales
from pipeline.show.safe import safe

LEFT, HEIGHT = 7, 16
MOST_WIDTH = 120
FILLED, HOLLOW = "●■◆▲✖▮", "○□◇△×▯"
"""By the number of the form, as `FORMS` has them."""
TRIANGLE, DOT, HERE = "▽", "·", "┆"
COLOURS = ("green", "red", "magenta", "cyan", "yellow", "blue")
"""Of the terminal's own, which suit its background."""

Cell = tuple[str, str]


def curve_text(
    points: Sequence[Sequence[Any]], alert_mjd: float, width: int, height: int = HEIGHT
) -> tuple[Text, Text]:
    """Return the drawing of a light curve, and its legend.

    Parameters
    ----------
    points : sequence of (mjd, band, kind, mag, magerr, positive)
        As `pipeline.report.cards.light_curve` returns them.
    alert_mjd : float
        Where the line is.
    width : int
        Of the terminal [columns].
    height : int
        Of the axis [lines].
    """
    if not points:
        return Text("No point of the light curve can be drawn."), Text()
    right = min(width, MOST_WIDTH) - 2
    x, y = scales(points, alert_mjd, (LEFT, right), (height - 1, 0))
    bands = sorted({point[1] for point in points})
    numbers = {band: band_number(band, bands) for band in bands}
    grid = {(round(x.at(alert_mjd)), row): (HERE, "dim") for row in range(height)}
    order = sorted(points, key=lambda p: (p[2] != FORCED, p[2] != LIMIT, p[5] is not False))
    for mjd, band, kind, mag, _, positive in order:
        at = round(x.at(mjd)), round(y.at(mag))
        grid[at] = _letter(numbers[band], kind, positive), COLOURS[numbers[band]]
    lines = [_days(x, alert_mjd), *_rows(grid, y, right, height), *_below(x, right)]
    return Text("\n").join(lines), _legend(points, numbers)


def _letter(number: int, kind: str, positive: bool | None) -> str:
    if kind in (LIMIT, FORCED):
        return TRIANGLE if kind == LIMIT else DOT
    return (HOLLOW if positive is False else FILLED)[number % len(FORMS)]


def _rows(grid: dict[tuple[int, int], Cell], y: Scale, right: int, height: int) -> Iterator[Text]:
    labels = {round(y.at(mag)): label(mag) for mag in ticks(y.high, y.low, 6)}
    for row in range(height):
        edge = "┤" if row in labels else "│"
        line = Text(f"{labels.get(row, ''):>{LEFT - 2}} {edge}"[:LEFT])
        for column in range(LEFT, right + 1):
            line.append(*grid.get((column, row), (" ", "")))
        line.rstrip()
        yield line


def _below(x: Scale, right: int) -> Iterator[Text]:
    times = {round(x.at(mjd)): label(mjd).replace(",", "") for mjd in ticks(x.low, x.high, 5)}
    axis = "".join("┬" if column in times else "─" for column in range(LEFT, right + 1))
    yield Text(" " * (LEFT - 1) + "└" + axis)
    yield Text(_labels(times, "MJD"))


def _days(x: Scale, alert_mjd: float) -> Text:
    days = ticks(x.low - alert_mjd, x.high - alert_mjd, 6)
    return Text(_labels({round(x.at(alert_mjd + day)): label(day) for day in days}, "days"))


def _labels(places: dict[int, str], name: str) -> str:
    """Return a line with labels about their places; those that would touch are left out."""
    line = name
    for column, words in sorted(places.items()):
        start = max(column - len(words) // 2, 0)
        if start > len(line):
            line = line.ljust(start) + words
    return line


def _legend(points: Sequence[Sequence[Any]], numbers: dict[str, int]) -> Text:
    kinds = {point[2] for point in points}
    parts = [
        Text(f"{FILLED[number % len(FORMS)]} {safe(band, 12)}", style=COLOURS[number])
        for band, number in numbers.items()
    ]
    if any(point[5] is False and point[2] not in (LIMIT, FORCED) for point in points):
        parts.append(Text("hollow: fainter than the template"))
    parts += [Text(f"{TRIANGLE} limit")] * (LIMIT in kinds)
    parts += [Text(f"{DOT} forced")] * (FORCED in kinds)
    parts.append(Text(f"{HERE} this alert"))
    return Text("   ").join(parts)
