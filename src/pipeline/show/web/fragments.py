"""The labelling page, and an alert on it, as HTML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.report.render import FOLDER, render_fragment
from pipeline.vra.labels.lines import KEYS
from pipeline.vra.labels.loop import ALL_KEY, QUIT_KEY, UNDO_KEY
from pipeline.vra.labels.session import Asked
from pipeline.vra.light_curve_features import SIX, SUFFIX
from pipeline.vra.light_curves import BANDS

_PAGE, _ASKED, _STYLE, _SCRIPT = "label.html", "asked.html", "label.css", "label.js"


def page_html(what: str, who: str, nonce: str) -> str:
    """Return the page, without any alert.

    Parameters
    ----------
    what : str
        Whose alerts are asked about, for example "round 3".
    who : str
        The labeller.
    nonce : str
        By which the browser knows the page's own style and script.
    """
    return render_fragment(
        _PAGE,
        what=what,
        who=who,
        nonce=nonce,
        keys=KEYS,
        undo=UNDO_KEY,
        everything=ALL_KEY,
        quit=QUIT_KEY,
        own_style=_own(_STYLE),
        script=_own(_SCRIPT),
    )


def asked_html(asked: Asked, card: Mapping[str, Any] | None, reason: str) -> str:
    """Return an alert.

    Parameters
    ----------
    asked : Asked
    card : mapping or None
        See `pipeline.show.alert.card`.
    reason : str
        Why there is none.
    """
    return render_fragment(
        _ASKED,
        asked=asked,
        object=card,
        reason=reason,
        of_alert={n: v for n, v in asked.features.items() if n not in _OF_CURVES},
        of_curves=_OF_CURVES,
        six=SIX,
        suffix=[SUFFIX[band] for band in BANDS],
        bands=BANDS,
    )


def done_html(words: str) -> str:
    """Return what stands there when nobody is left to ask about."""
    return render_fragment(_ASKED, asked=None, reason=words)


_OF_CURVES = {f"{name}{SUFFIX[band]}" for name in SIX for band in BANDS}


def _own(name: str) -> Markup:
    return Markup(Path(FOLDER, name).read_text(encoding="utf-8").strip())  # noqa: S704 - our own
