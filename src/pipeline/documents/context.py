"""Where an expression stands: the document, the variables, and what is told on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.documents.refused import Refused
from pipeline.documents.values import Names, Value

Operator = Callable[["Context", Any], Value]
OPERATORS: dict[str, Operator] = {}
DEEPEST = 60


@dataclass(frozen=True)
class Context:
    """What an expression can refer to.

    Attributes
    ----------
    root : Value
        The document.
    variables : mapping of str to Value
        By name, without the dollars.
    names : Names
        For lambdas' variables.
    missing : set of str
        Paths that no column has are added here.
    depth : int
        How deep the expression is nested.
    hoist : callable or None
        Makes a value with long SQL a column, where that can be.
    """

    root: Value
    variables: Mapping[str, Value] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    missing: set[str] = field(default_factory=set)
    depth: int = 0
    hoist: Callable[[Value], Value] | None = None

    def bind(self, **variables: Value) -> "Context":
        """Add variables."""
        return replace(self, variables={**self.variables, **variables})

    def inside(self, **variables: Value) -> "Context":
        """Add the variable of a lambda: nothing in there can be made a column."""
        return replace(self.bind(**variables), hoist=None)

    def deeper(self) -> "Context":
        """Go one level down."""
        if self.depth >= DEEPEST:
            raise Refused(f"an expression nested more than {DEEPEST} deep")
        return replace(self, depth=self.depth + 1)


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Register the translation of an operator of expressions."""

    def register(function: Operator) -> Operator:
        for name in names:
            OPERATORS[name] = function
        return function

    return register
