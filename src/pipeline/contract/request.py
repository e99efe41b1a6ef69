"""What a user asks for: the configuration, and the lines of the tables that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A configuration that has been read and is valid by itself.

    Attributes
    ----------
    config : Any
        A model with an attribute for each `Key` of the domains; its class is made from
        their list (`pipeline.plan.domains`), which this floor does not know.
    lines : mapping of str to tuple
        The lines of each input table (`pipeline.contract.domain.Lines`), by its key.
    """

    config: Any
    lines: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def of(self, key: str) -> tuple[Any, ...]:
        """Return the lines of an input table; none if the configuration names no such table."""
        return self.lines.get(key, ())
