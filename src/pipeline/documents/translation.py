"""What is handed out: a pipeline's SQL and what there is to say of it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Translation:
    """A pipeline as SQL.

    Attributes
    ----------
    sql : str
        One SELECT over the source relation.
    missing : tuple of str
        Paths that no column has: evaluated as missing, as MongoDB does. To warn of. Where a
        stage has dropped one that was there before, with the stage that misses it.
    conditions : tuple of str
        Of verdicts: what the numbers in its column ``verdict`` mean.
    """

    sql: str
    missing: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


def without_dollars(paths: Iterable[str]) -> tuple[str, ...]:
    """Return paths as fields are called, each once.

    >>> without_dollars(["$$cand.mag", "$a.b", "a.b"])
    ('cand.mag', 'a.b')
    """
    return tuple(dict.fromkeys(path.lstrip("$") for path in paths))
