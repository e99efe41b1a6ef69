"""An alert that a label is asked for, on one screen of a terminal, 80 by 24 or larger."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from math import isfinite
from typing import Any

from rich.console import Console
from rich.table import Table as Lines_
from rich.text import Text

from pipeline.notebook import Results
from pipeline.report.words import number
from pipeline.show import alert
from pipeline.show.curve import curve_text
from pipeline.show.safe import safe, styled
from pipeline.show.stamps import LARGEST, stamps_text
from pipeline.show.terminal import print_alert
from pipeline.vra.labels.loop import HELP
from pipeline.vra.labels.session import Asked, Progress
from pipeline.vra.light_curve_features import SIX, SUFFIX
from pipeline.vra.light_curves import BANDS

SMALL = 24
"""Lines of a terminal on which all must fit."""
_STAMP = 14
"""Columns of a stamp on a small one."""
_FEATURES = 32, 8
"""Columns and lines of the features beside the stamps."""
_AROUND_CURVE = 2
"""Lines of a curve that are none of its axis: days above, the legend below."""
_AXIS = 4, 16
"""Fewest and most lines of the axis."""


class Screen:
    """Shows alerts, each in place of the one before.

    Parameters
    ----------
    results : Results
        Of form ``arrow``.
    console : Console
    title : str
        Whose alerts these are, for example "round 3".
    """

    def __init__(self, results: Results, console: Console, title: str) -> None:
        self._results, self._console, self._title = results, console, title
        self._card: tuple[int, Mapping[str, Any] | None, str] | None = None
        self._said = ""

    def say(self, line: str) -> None:
        """Say a line beneath the alert, and beneath the next one."""
        if self._console.is_terminal:
            self._said = line
            self._last_line()
        else:
            self._console.print(styled(line), soft_wrap=True)

    def _last_line(self) -> None:
        self._console.file.write("\r\x1b[2K")
        said = styled(self._said, "dim") if self._said else Text()
        self._console.print(said, no_wrap=True, overflow="ellipsis", end="")

    def load(self, asked: Asked) -> None:
        """Read what there is of an alert, before it is shown."""
        if self._card is not None and self._card[0] == asked.candid:
            return
        found = alert.card_or_reason(self._results, asked.candid, asked.survey)
        self._card = asked.candid, *found

    def show(self, asked: Asked, progress: Progress, everything: bool) -> None:
        """Print an alert: on one screen, or all that there is of it."""
        self.load(asked)
        assert self._card is not None
        _, card, reason = self._card
        console = self._console
        if card is not None and everything:
            print_alert(card, console)
            console.print(all_features(asked))
        else:
            console.clear()
            console.print(_head(asked, progress, self._title, console.width), no_wrap=True)
            if card is None:
                console.print(styled(f"not shown: {reason}"))
                console.print(all_features(asked))
            else:
                _compact(card, asked, console)
        console.print(Text(HELP, "bold"), no_wrap=True)
        if console.is_terminal:
            self._last_line()


def _compact(card: Mapping[str, Any], asked: Asked, console: Console) -> None:
    """Print all in as many lines as the terminal has, but for the last two."""
    spare = max(console.height - SMALL, 0)
    (columns, lines), known = _FEATURES, list(_known(card))[: 1 + spare // 4]
    for line in _facts(card):
        console.print(line, no_wrap=True, overflow="ellipsis")
    widest = (console.width - columns) // 3 - 2
    stamps = stamps_text(card, console, max(_STAMP, min(LARGEST, widest, _STAMP + spare)))
    beside = Lines_.grid(padding=(0, 2))
    beside.add_column(no_wrap=True, min_width=max(map(len, stamps.split("\n"))))
    beside.add_column(no_wrap=True)
    beside.add_row(stamps, features_text(asked.features))
    console.print(beside)
    used = 1 + 2 + max(len(stamps.split("\n")), lines) + _AROUND_CURVE + len(known) + 1 + 2
    fewest, most = _AXIS
    height = min(max(console.height - used, fewest), most)
    drawing, legend = curve_text(card["points"], card["mjd"], console.width, height)
    # the axis of MJD below it is for those who ask for all
    shown = drawing.split("\n")[:-2] if card["points"] else [drawing]
    for line in [*shown, legend, *known, _links(card)]:
        console.print(line, no_wrap=True, overflow="ellipsis")


def _head(asked: Asked, progress: Progress, title: str, width: int) -> Text:
    score = "" if asked.score is None else f"  score {asked.score:.2f}"
    left = Text.assemble((safe(asked.object_id or "no object", 20), "bold"), f"  {asked.candid}")
    left.append(score, "bold")
    right = f"{title}: {progress.labelled} of {progress.alerts}, {progress.mine} yours"
    left.append(right.rjust(max(width - len(left), len(right) + 2)), "dim")
    return left


def _facts(card: Mapping[str, Any]) -> Iterator[Text]:
    ra, dec = card["sexagesimal"]
    place = f"RA {card['ra']:.5f}° Dec {card['dec']:+.5f}° ({ra[:-2]} {dec[:-1]})"
    yield Text(f"{place}  b {card['b']:+.1f}°")
    error = "" if card["magerr"] is None else f" ± {card['magerr']:.2f}"
    fainter = ", fainter than the template" if card["positive"] is False else ""
    since = "" if card["age"] is None else f", first seen {card['age']:,.1f} d before"
    band = safe(card["band"] or "band unknown", 20)
    yield Text(f"{band} {number(card['mag'], 2)}{error} mag{fainter}{since}; {card['night']}")


def features_text(features: Mapping[str, float | None]) -> Text:
    """Return the features beside each other: of the alert, and of the light curves by band."""
    if not features:
        return Text("no features", "dim")
    left = [f"{word} {_fits(features.get(name))}" for name, word in _ALERT.items()]
    right = [f"{'':6} {'g':>6} {'r':>6}"]
    for name in SIX:
        g, r = (_fits(features.get(name + SUFFIX[band])) for band in BANDS)
        right.append(f"{_CURVES[name]:6} {g:>6} {r:>6}")
    rows = zip_longest(left, right, fillvalue="")
    return Text("\n".join(f"{one:12}{other}".rstrip() for one, other in rows), "dim")


def all_features(asked: Asked) -> Text:
    """Return a line a feature, by its name in the table."""
    lines = [f"{name:<32}{number(value, 4):>12}" for name, value in asked.features.items()]
    return Text("\n".join(lines))


_ALERT = {
    "drb": "drb",
    "ndets": "dets",
    "nnondets": "lims",
    "dets_median": "med",
    "dets_std": "std",
    "sep_arcsec": "sep",
    "ebv": "ebv",
}
"""Features of the alert, in few letters."""
_CURVES = {
    "amplitude": "ampl",
    "linear_fit_reduced_chi2": "chi2",
    "linear_fit_slope": "slope",
    "linear_fit_slope_sigma": "sigma",
    "median": "median",
    "median_absolute_deviation": "mad",
}
"""Features of a light curve, in six letters; sigma is the slope's."""
_WIDTH = 6


def _fits(value: float | None) -> str:
    """Return a number in at most `_WIDTH` letters, or a dash.

    >>> [_fits(x) for x in (None, 18.2345, -0.00012345, 123456.7)]
    ['–', '18.23', '-1e-04', '1e+05']
    """
    if value is None or not isfinite(value):
        return "–"
    words = (f"{value:.{digits}g}" for digits in (4, 3, 2, 1))
    return next((word for word in words if len(word) <= _WIDTH), f"{value:.0e}")


def _known(card: Mapping[str, Any]) -> Iterator[Text]:
    """Yield a line a table of what other domains know: matches, scores, filters."""
    for table in card["tables"]:
        words = table.caption
        if words.startswith("The "):  # measurements and alerts: the curve has them
            continue
        rows = [
            " ".join(
                number(value, column.digits)
                for value, column in zip(row, table.columns, strict=True)
            )
            for row in table.rows[:3]
        ]
        yield styled(f"{words}: {'; '.join(rows)}")


def _links(card: Mapping[str, Any]) -> Text:
    line = Text()
    names = dict(card["links"])
    shown = names.pop("Lasair", None) or next(iter(names.values()), "")
    line.append(safe(shown), f"link {shown}" if shown else "")
    for name, address in names.items():
        if address != shown:
            line.append("  ")
            line.append(name, f"underline link {address}")
    return line
