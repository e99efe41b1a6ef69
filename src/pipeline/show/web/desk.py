"""What the labelling page asks for: the alert that is shown, and what was said of it."""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.notebook import Results
from pipeline.show.alert import card_or_reason
from pipeline.show.web.fragments import asked_html, done_html
from pipeline.vra.labels.lines import KEYS
from pipeline.vra.labels.loop import last_words
from pipeline.vra.labels.session import Asked, Session

_AHEAD = 3
"""Alerts that are prepared while one is looked at."""
_KEPT = 32
"""Alerts that stay prepared, those behind for undo among them."""


class Stale(ValueError):
    """A label for another alert than the one that is shown."""


class Desk:
    """One labeller's page: answers in the order of the questions, one at a time.

    Parameters
    ----------
    session : Session
    results : Results
        Of form ``arrow``.
    what : str
        Whose alerts these are, for example "round 3".
    folder : str
        Of the labels, as it is told.
    """

    def __init__(self, session: Session, results: Results, what: str, folder: str) -> None:
        self.what = what
        self.who = session.who
        self._session, self._results, self._folder = session, results, folder
        self._asking, self._reading = threading.Lock(), threading.Lock()
        self._pages: OrderedDict[int, str] = OrderedDict()
        self._ahead = ThreadPoolExecutor(1)

    def view(self, said: str = "") -> dict[str, Any]:
        """Return the alert that is asked about, for JSON; what is asked stays asked.

        Returns
        -------
        dict
            ``candid`` (text: JavaScript has no integers of 64 bits; null at the end), ``html``,
            ``labelled``, ``alerts``, ``mine`` (numbers) and ``said``.
        """
        with self._asking:
            return self._view(said)

    def give(self, candid: str, label: str) -> dict[str, Any]:
        """Label the alert that is shown, which is on the disk when this returns; return the next.

        Raises
        ------
        Stale
            If another alert is shown by now.
        ValueError
            If there is no such label.
        """
        if label not in KEYS.values():
            raise ValueError(f"label: one of {', '.join(KEYS.values())} was expected")
        with self._asking:
            shown = self._session.next()
            if shown is None or str(shown.candid) != candid:
                raise Stale("another alert is shown by now: look at it first")
            self._session.give(label)
            return self._view(f"{shown.object_id or shown.candid}: {label}")

    def undo(self) -> dict[str, Any]:
        """Take back this labeller's last label; return its alert, or the one that is shown."""
        with self._asking:
            back = self._session.undo()
            return self._view(
                "nothing of yours to take back here" if back is None else "taken back"
            )

    def last_words(self) -> str:
        """Return what is to be said at the end."""
        return last_words(self._session, self._folder, self.what)

    def close(self) -> None:
        """Wait for what is being prepared."""
        self._ahead.shutdown(cancel_futures=True)

    def _view(self, said: str) -> dict[str, Any]:
        asked, progress = self._session.next(), self._session.progress()
        html = done_html(self.last_words()) if asked is None else self._page(asked)
        for one in self._session.following(_AHEAD):
            self._ahead.submit(self._page, one)
        return {
            "candid": None if asked is None else str(asked.candid),
            "html": html,
            "labelled": progress.labelled,
            "alerts": progress.alerts,
            "mine": progress.mine,
            "said": said,
        }

    def _page(self, asked: Asked) -> str:
        """Return an alert as HTML, made once."""
        with self._reading:
            if asked.candid not in self._pages:
                self._pages[asked.candid] = asked_html(
                    asked, *card_or_reason(self._results, asked.candid, asked.survey)
                )
                while len(self._pages) > _KEPT:
                    self._pages.popitem(last=False)
            return self._pages[asked.candid]
