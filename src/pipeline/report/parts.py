"""What the domains bring to the page, as a job gets it, and their makers by name."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.contract.blocks import Reads

SEPARATOR = "__"
"""Between the names of a domain and of its files, in the names of a job's inputs."""


@dataclass(frozen=True)
class Part:
    """A domain's part of the page.

    Attributes
    ----------
    name : str
        Of the domain.
    makers : mapping of str to str
        ``facts``, ``ranking``, ``about``, ``section``: those that it has.
    settings : mapping
    title : str
    """

    name: str
    makers: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""

    def maker(self, kind: str) -> Callable[..., Any] | None:
        """Return one of its makers, if it has it."""
        if not self.makers.get(kind):
            return None
        module, _, name = self.makers[kind].partition(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found

    def files(self, inputs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return its files among those of a job."""
        prefix = f"{self.name}{SEPARATOR}"
        mine = {n.removeprefix(prefix): list(f) for n, f in inputs.items() if n.startswith(prefix)}
        return defaultdict(list, mine)  # what could not be made is not there

    def reads(
        self, survey: str, night: str, inputs: Mapping[str, Sequence[str]], **more: Any
    ) -> Reads:
        """Return what its makers get."""
        return Reads(survey, night, self.files(inputs), self.settings, **more)
