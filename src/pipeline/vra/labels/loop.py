"""Labelling by keys: an alert is shown, a key is its label, until there is none left."""

from collections.abc import Callable

from pipeline.vra.labels.lines import KEYS, SKIP
from pipeline.vra.labels.session import Asked, Progress, Session

UNDO_KEY, ALL_KEY, QUIT_KEY = "z", "i", "q"
HELP = " ".join(
    f"{key}={does}"
    for key, does in {**KEYS, UNDO_KEY: "undo", ALL_KEY: "all", QUIT_KEY: "quit"}.items()
)
"""What the keys do."""

Show = Callable[[Asked, Progress, bool], None]
"""Shows an alert; all there is about it if the last is true."""


def label_all(
    session: Session, show: Show, say: Callable[[str], None], key: Callable[[], str]
) -> None:
    """Ask until no alert is left or the labeller quits.

    Parameters
    ----------
    session : Session
    show : callable
        See `Show`.
    say : callable
        Says a line beneath what is shown.
    key : callable
        Returns a key that was pressed; empty at the end of the input, which quits.
    """
    while (asked := session.next()) is not None:
        show(asked, session.progress(), False)
        while True:
            pressed = key()
            if pressed in ("", QUIT_KEY):
                return
            if pressed in KEYS:
                session.give(KEYS[pressed])
                say(f"{asked.object_id or asked.candid}: {KEYS[pressed]}")
                break
            if pressed == UNDO_KEY:
                if session.undo() is not None:
                    say("taken back")
                    break
                say("nothing of yours to take back here")
            elif pressed == ALL_KEY:
                show(asked, session.progress(), True)
            else:
                say(f"{pressed!r} is none of the keys")


def last_words(session: Session, folder: str, what: str) -> str:
    """Return what is to be said at the end.

    Parameters
    ----------
    session : Session
    folder : str
        Of the labels, as it is told.
    what : str
        Whose alerts these are, for example "round 3".
    """
    done = session.progress()
    skips = f", {done.skipped} {SKIP}ped" if done.skipped else ""
    told = f"{what}: {done.labelled} of {done.alerts} labelled, {done.mine} by you{skips}"
    if done.elsewhere:
        told += f"; {done.elsewhere} shown to others right now"
    return f"{told} ({folder}/{session.who}.csv)"
