"""Values of expressions while a pipeline is translated: a piece of SQL for each kind.

A `Value` has one SQL expression for every kind that it can have, NULL where it is not of that
kind; where all are NULL it is null or missing. That is what makes MongoDB's rules sayable:
a number, a string and an array are compared, added and tested by different rules, and null is
not missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pipeline.documents import sql
from pipeline.documents.types import UNSURE, Type

NO_CONSTANT: Any = object()


@dataclass(frozen=True)
class Array:
    """An array: its SQL list, and what an element can be (never missing)."""

    sql: str
    items: Type


@dataclass(frozen=True)
class Record:
    """An object: whether it is there, its fields, and the struct that it is, if it is one.

    Where the object is not there, all its fields are missing.
    """

    present: str
    fields: "Mapping[str, Value]"
    struct: str = ""
    type: Type | None = None


@dataclass(frozen=True)
class Value:
    """What an expression gives.

    Attributes
    ----------
    scalars : mapping of str to str
        SQL by kind, NULL where the value is of another.
    array : Array or None
        If it can be one.
    record : Record or None
        If it can be an object.
    null, missing : bool
        Whether it can be.
    null_sql : str
        Where both can be: true where it is null.
    error : str
        True where MongoDB would fail; what the others say there does not count.
    bits : int
        The integers lie within 2^bits.
    width : str
        Which integers are longs (`pipeline.documents.types`): of computed ones nobody knows.
    nan, infinite : bool
        Whether a double can be.
    constant : object
        The constant that it is, or NO_CONSTANT.
    unknown : bool
        Whether it is a column of a type that documents do not have.
    """

    scalars: Mapping[str, str] = field(default_factory=dict)
    array: Array | None = None
    record: Record | None = None
    null: bool = False
    missing: bool = False
    null_sql: str = ""
    error: str = sql.FALSE
    bits: int = 63
    width: str = UNSURE
    nan: bool = True
    infinite: bool = True
    constant: Any = NO_CONSTANT
    unknown: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that it can have, null and missing left out."""
        more = {"array"} if self.array else set()
        return frozenset({*self.scalars, *more, *({"object"} if self.record else set())})

    @property
    def always(self) -> bool:
        """Whether it is never null nor missing."""
        return not (self.null or self.missing)

    def has(self, kind: str) -> str:
        """Give the condition that it is of a kind."""
        if kind not in self.kinds:
            return sql.FALSE
        if self.kinds == {kind} and self.always:
            return sql.TRUE
        if kind == "object":
            assert self.record is not None
            return self.record.present
        if kind == "array":
            assert self.array is not None
            return f"({self.array.sql} IS NOT NULL)"
        return f"({self.scalars[kind]} IS NOT NULL)"

    def there(self) -> str:
        """Give the condition that it is neither null nor missing."""
        return sql.TRUE if self.always else sql.either(*map(self.has, sorted(self.kinds)))

    def is_null(self) -> str:
        """Give the condition that it is null."""
        if not self.null:
            return sql.FALSE
        return self.null_sql if self.missing else sql.negated(self.there())

    def is_missing(self) -> str:
        """Give the condition that it is missing."""
        if not self.missing:
            return sql.FALSE
        absent = sql.negated(self.there())
        return sql.both(absent, sql.negated(self.null_sql)) if self.null else absent

    def failing(self, error: str) -> "Value":
        """Add a condition under which MongoDB would fail."""
        return replace(self, error=sql.either(self.error, error))

    def only(self, *kinds: str) -> "Value":
        """Give what there is of some kinds, missing elsewhere."""
        return replace(
            self,
            scalars={k: v for k, v in self.scalars.items() if k in kinds},
            array=self.array if "array" in kinds else None,
            record=self.record if "object" in kinds else None,
            null=False,
            missing=not (self.always and self.kinds <= set(kinds)),
            null_sql="",
            constant=NO_CONSTANT,
        )


MISSING = Value(missing=True)
NULL = Value(null=True, constant=None)


def boolean(condition: str, error: str = sql.FALSE) -> Value:
    """Give the value of a condition that is never NULL."""
    constant: Any = NO_CONSTANT
    if condition in (sql.TRUE, sql.FALSE) and error == sql.FALSE:
        constant = condition == sql.TRUE
    return Value({"bool": condition}, error=error, constant=constant)


def scalar(kind: str, text: str, null: bool, **more: Any) -> Value:
    """Give a value of one kind whose SQL NULL means null."""
    return Value({kind: text}, null=null, **more)


class Names:
    """Fresh names for the variables of lambdas: a column of that name would go before them."""

    def __init__(self, prefix: str = "__") -> None:
        self._prefix = prefix
        self._numbers: Iterator[int] = count()

    def fresh(self) -> str:
        """Give a name that no other variable has."""
        return f"{self._prefix}x{next(self._numbers)}"
