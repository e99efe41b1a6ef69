"""What `nightmill check` tries before a run, and what comes of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.io.messages import one_line


@dataclass(frozen=True)
class Trial:
    """Something that was looked at.

    Attributes
    ----------
    what : str
        Where it stands in the configuration, and what was found there.
    problem : str
        What is wrong with it and what to do; empty if nothing is.
    """

    what: str
    problem: str = ""


Trials = Iterable[Trial]


def tried(what: str, look: Callable[[], str]) -> Trial:
    """Look at something; what it raises is the problem.

    Parameters
    ----------
    what : str
    look : callable
        Returns what was found, in a few words.
    """
    try:
        found = look()
    except (ValueError, OSError, ImportError) as error:
        return Trial(what, one_line(error).removeprefix(f"{what.rpartition(': ')[2]}: "))
    return Trial(f"{what}: {found}" if found else what)
