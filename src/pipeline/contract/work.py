"""What a domain says of its jobs before a run: how many, what each needs, after which others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.contract.need import Need


@dataclass(frozen=True)
class Expected:
    """What a person says of nights that are not here yet, by survey.

    Attributes
    ----------
    packets : mapping of str to int
        Of each night.
    packet_bytes : mapping of str to float
        Size of a packet in the dump.
    """

    packets: Mapping[str, int] = field(default_factory=dict)
    packet_bytes: Mapping[str, float] = field(default_factory=dict)


UNKNOWN = Expected()
"""Nothing is said: what is here counts, or what is usual."""


@dataclass(frozen=True)
class Work:
    """Jobs of one rule that need the same.

    Attributes
    ----------
    rule : str
    of : str
        What they are of, such as ``ztf/20180201``; with the rule it names them.
    jobs : int
    need : Need
        Of each.
    after : tuple of str
        Names of what must be there before; a name that no work has is there already.
    once : bool
        Whether later nights find it done.
    """

    rule: str
    of: str
    jobs: int
    need: Need
    after: tuple[str, ...] = ()
    once: bool = False

    @property
    def name(self) -> str:
        """Return what others name it by."""
        return named(self.rule, self.of)


def named(rule: str, of: str) -> str:
    """Return the name of some work.

    >>> named("decode", "ztf/20180201")
    'decode ztf/20180201'
    """
    return f"{rule} {of}"
