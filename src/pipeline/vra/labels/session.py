"""One person at some alerts: what is asked next, what was said, what is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pipeline.vra.labels.claims import Claims, is_shared
from pipeline.vra.labels.lines import SKIP, UNDO, check_who
from pipeline.vra.labels.store import Labels, append, read, state


@dataclass(frozen=True)
class Asked:
    """An alert that a label is asked for.

    Attributes
    ----------
    survey : str
    candid : int
    object_id : str or None
    score : float or None
        The last model's.
    features : dict of str to float or None
    """

    survey: str
    candid: int
    object_id: str | None
    score: float | None = None
    features: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far the alerts are.

    Attributes
    ----------
    alerts : int
        All of them.
    labelled : int
        Those that somebody has an opinion of.
    mine, skipped : int
        Labels and skips of this labeller among them.
    elsewhere : int
        Those that another is asked about right now.
    """

    alerts: int
    labelled: int
    mine: int
    skipped: int
    elsewhere: int


class Session:
    """Ask one labeller about alerts, in their order.

    An alert that another has labelled, or is looking at, is left out, unless it is shared. Who
    skipped an alert is not asked again; others are.

    Parameters
    ----------
    folder : Path
        Of the labels.
    who : str
        The labeller.
    alerts : sequence of Asked
    seed : str
        Of the choice of what is shared.
    overlap : float
        Share of the alerts that every labeller is asked about.
    claims : Claims
        Of the same folder.
    """

    def __init__(
        self,
        folder: Path,
        who: str,
        alerts: Sequence[Asked],
        seed: str,
        overlap: float,
        claims: Claims,
    ) -> None:
        self.who = check_who(who)
        self.alerts = alerts
        self.folder = folder
        self._claims = claims
        self._places = {alert.candid: alert for alert in alerts}
        self._shared = {c for c in self._places if is_shared(c, seed, overlap)}
        self._asked: Asked | None = None
        self._elsewhere = 0
        self._last_done: set[int] = set()
        self._read: tuple[object, Labels] | None = None

    def next(self) -> Asked | None:
        """Return the next alert, which nobody else gets until the next call; None if there is none.

        What is asked stays asked until `give` or `undo`.
        """
        if self._asked is not None:
            return self._asked
        done = self._last_done = self._done(self._labels())
        self._elsewhere = 0
        for alert in self._places.values():
            if alert.candid in done:
                continue
            if not self._take(alert):
                self._elsewhere += 1
            elif alert.candid not in self._done(self._labels()):  # by now, by another
                self._asked = alert
                return alert
        self._claims.leave()
        return None

    def following(self, number: int) -> list[Asked]:
        """Return whom `next` may come to after the one that is asked about, to prepare them."""
        left = (a for a in self._places.values() if a.candid not in self._last_done)
        return [a for a in islice(left, number + 1) if a is not self._asked][:number]

    def give(self, label: str) -> None:
        """Label the alert that is asked about; it is on the disk when this returns."""
        if self._asked is None:
            raise ValueError("no alert is asked about")
        alert, self._asked = self._asked, None
        append(self.folder, self.who, alert.candid, alert.object_id or "", label)

    def undo(self) -> Asked | None:
        """Take back this labeller's last label, or skip, and ask about its alert.

        Returns
        -------
        Asked or None
            None if there is none among these alerts, or another is asked about it right now.
        """
        given = self._labels().given
        mine = [one for one in given if one.who == self.who and one.candid in self._places]
        if not mine:
            return None
        alert = self._places[mine[-1].candid]
        if not self._take(alert):
            if self._asked is not None:
                self._take(self._asked)
            return None
        append(self.folder, self.who, alert.candid, alert.object_id or "", UNDO)
        self._asked = alert
        return alert

    def progress(self) -> Progress:
        """Return how far the alerts are."""
        given = [one for one in self._labels().given if one.candid in self._places]
        mine = [one for one in given if one.who == self.who]
        skipped = sum(one.label == SKIP for one in mine)
        labelled = {one.candid for one in given if one.label != SKIP}
        return Progress(
            len(self._places), len(labelled), len(mine) - skipped, skipped, self._elsewhere
        )

    def _labels(self) -> Labels:
        """Return the folder's labels, read anew if it has changed."""
        now = state(self.folder)
        if self._read is None or self._read[0] != now:
            self._read = now, read(self.folder)
        return self._read[1]

    def _take(self, alert: Asked) -> bool:
        return self._claims.take(alert.candid, self.who if alert.candid in self._shared else "")

    def _done(self, labels: Labels) -> set[int]:
        """Return the alerts that this labeller is not asked about."""
        return {
            one.candid
            for one in labels.given
            if one.who == self.who or (one.label != SKIP and one.candid not in self._shared)
        }
