"""What is handed out: a pipeline's SQL and what there is to say of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Translation:
    """A pipeline as SQL.

    Attributes
    ----------
    sql : str
        One SELECT over the source relation.
    missing : tuple of str
        Paths that no column has: evaluated as missing, as MongoDB does. To warn of.
    conditions : tuple of str
        Of verdicts: what the numbers in its column ``verdict`` mean.
    """

    sql: str
    missing: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
