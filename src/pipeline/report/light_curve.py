"""A light curve as the lines and symbols of a drawing: bands by colour and by form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.axis import label, short, ticks
from pipeline.report.cards import DETECTION, FORCED, LIMIT

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 42, 552, 30, 204
MARGIN_MAG, MARGIN_D = 0.1, 0.5
LEAST_MAG, LEAST_D = 0.8, 2.0
"""Of a light curve that is shorter, or flatter, so much is shown."""

FORMS = ("circle", "square", "diamond", "triangle", "cross", "bar")
_BANDS = {"g": 0, "r": 1, "i": 2, "z": 3, "y": 4, "u": 5, "J": 1, "j": 1}
"""Colour and form of a band, by the last letter of its name."""
_SYMBOLS = {
    "circle": "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
    "square": "m-2.7-2.7h5.4v5.4h-5.4z",
    "diamond": "m0-3.8l3.8 3.8-3.8 3.8-3.8-3.8z",
    "triangle": "m0-3.6l3.4 6h-6.8z",
    "cross": "m-3-3l6 6m0-6l-6 6",
    "bar": "m-1.2-3.6h2.4v7.2h-2.4z",
    LIMIT: "m-3.2-2h6.4l-3.2 5.2z",
    FORCED: "m-1.2-1.2h2.4v2.4h-2.4z",
}


@dataclass(frozen=True)
class Symbols:
    """Symbols of one kind: the path draws all of them.

    Attributes
    ----------
    number : int
        Of the band's colour, from 0.
    form : str
        ``filled``, ``hollow`` (limits, and detections fainter than the template), ``small``
        (forced) or ``errors``.
    path : str
    """

    number: int
    form: str
    path: str


@dataclass(frozen=True)
class LightCurve:
    """A drawing: positions are of its own view box, `WIDTH` by `HEIGHT`.

    Attributes
    ----------
    symbols : list of Symbols
    below, above, left : list of (float, str)
        Ticks: MJD, days before the alert, magnitudes.
    bands : list of (int, str, str)
        Colour, form and name of each, for the legend.
    alert : float
        Where the alert is.
    words : str
        What it shows.
    """

    symbols: list[Symbols]
    below: list[tuple[float, str]]
    above: list[tuple[float, str]]
    left: list[tuple[float, str]]
    bands: list[tuple[int, str, str]]
    alert: float
    words: str


def band_number(band: str, others: Sequence[str]) -> int:
    """Return the number of a band's colour and form.

    >>> band_number("ztfr", []), band_number("Ks", ["Ks"])
    (1, 5)
    """
    known = _BANDS.get(band[-1:])
    return known if known is not None else (5 + list(others).index(band)) % len(FORMS)


def draw(points: Sequence[Sequence[Any]], alert_mjd: float) -> LightCurve | None:
    """Return the drawing of a light curve; None without a point.

    Parameters
    ----------
    points : sequence of (mjd, band, kind, mag, magerr, positive)
        As `pipeline.report.cards.light_curve` returns them.
    alert_mjd : float
        Of the alert.
    """
    if not points:
        return None
    x, y = scales(points, alert_mjd, (LEFT, RIGHT), (BOTTOM, TOP))
    bands = sorted({point[1] for point in points})
    numbers = {band: band_number(band, bands) for band in bands}
    first = x.low + (alert_mjd - x.low) % 1
    days = [d for d in ticks(x.low - alert_mjd, x.high - alert_mjd, 7) if d >= x.low - alert_mjd]
    return LightCurve(
        symbols=list(_symbols(points, numbers, x, y)),
        below=[(x.at(t), label(t).replace(",", "")) for t in ticks(x.low, x.high, 6)],
        above=[(x.at(alert_mjd + day), label(day)) for day in days if first],
        left=[(y.at(t), label(t)) for t in ticks(y.high, y.low, 6)],
        bands=[(numbers[band], FORMS[numbers[band]], band) for band in bands],
        alert=x.at(alert_mjd),
        words=curve_words(points),
    )


@dataclass(frozen=True)
class Scale:
    """Where values stand: `low` at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def scales(
    points: Sequence[Sequence[Any]],
    alert_mjd: float,
    across: tuple[float, float],
    upwards: tuple[float, float],
) -> tuple[Scale, Scale]:
    """Return the scales of time and magnitude, with a margin about all points.

    Parameters
    ----------
    points, alert_mjd
        As of `draw`; there is at least one point.
    across, upwards : (float, float)
        Left and right end, lower and upper end of the drawing.
    """
    times = [point[0] for point in points] + [alert_mjd]
    mags = [point[3] for point in points]
    t_low, t_high = min(times), max(times)
    wider = max(0.0, LEAST_D - (t_high - t_low)) / 2 + MARGIN_D + 0.02 * (t_high - t_low)
    m_low, m_high = min(mags), max(mags)
    taller = max(0.0, LEAST_MAG - (m_high - m_low)) / 2 + MARGIN_MAG + 0.06 * (m_high - m_low)
    # faint is below
    return (
        Scale(t_low - wider, t_high + wider, *across),
        Scale(m_high + taller, m_low - taller, *upwards),
    )


def _symbols(
    points: Sequence[Sequence[Any]], numbers: Mapping[str, int], x: Scale, y: Scale
) -> Iterator[Symbols]:
    paths: dict[tuple[int, str], list[str]] = {}
    for mjd, band, kind, mag, error, positive in points:
        number = numbers[band]
        at = f"M{short(x.at(mjd))} {short(y.at(mag))}"
        if kind == LIMIT:
            form, symbol = "hollow", _SYMBOLS[LIMIT]
        elif kind == FORCED:
            form, symbol = "small", _SYMBOLS[FORCED]
        else:
            form = "hollow" if positive is False else "filled"
            symbol = _SYMBOLS[FORMS[number]]
        paths.setdefault((number, form), []).append(at + symbol)
        if kind == DETECTION and error:
            ends = (min(max(y.at(mag + s * error), TOP), BOTTOM) for s in (-1, 1))
            line = f"M{short(x.at(mjd))} " + "V".join(map(short, ends))
            paths.setdefault((number, "errors"), []).append(line)
    order = ("errors", "small", "hollow", "filled")
    for number, form in sorted(paths, key=lambda key: (order.index(key[1]), key[0])):
        yield Symbols(number, form, "".join(paths[number, form]))


def curve_words(points: Sequence[Sequence[Any]]) -> str:
    """Return what a light curve shows, in a line."""
    found = [point for point in points if point[2] == DETECTION]
    limits = sum(point[2] == LIMIT for point in points)
    forced = sum(point[2] == FORCED for point in points)
    days = points[-1][0] - points[0][0]
    words = f"Light curve: {len(found)} detections, {limits} limits, {forced} forced"
    if found:
        # 13 mag of lost light is no brightness: what has risen comes first
        best = min(found, key=lambda point: (point[5] is False, point[3]))
        what = "largest fading" if best[5] is False else "brightest"
        words += f" in {days:,.0f} d; {what} {best[3]:.2f} mag in {best[1]} at MJD {best[0]:.2f}"
    return words


def symbol(form: str) -> str:
    """Return the path of a symbol, from where it stands."""
    return _SYMBOLS[form]
