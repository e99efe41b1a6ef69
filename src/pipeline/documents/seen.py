"""What kinds of values the paths of some documents have."""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bson import Binary, Int64, ObjectId

ABSENT: Any = object()


def kind_of(value: Any) -> str:  # noqa: PLR0911 (a case a type)
    """Give the kind of a value; "null" and "missing" too, "unknown" for rare ones."""
    if value is ABSENT:
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "unknown"
    if isinstance(value, float):
        return "double"
    if isinstance(value, Binary | bytes):
        return "binary"
    if isinstance(value, str):
        return "string"
    if isinstance(value, datetime.datetime):
        return "date"
    if isinstance(value, ObjectId):
        return "oid"
    if isinstance(value, list):
        return "array"
    return "object" if type(value) is dict or type(value).__name__ == "SON" else "unknown"


@dataclass
class Seen:
    """A path: the kinds of its values, and what is known of each.

    Attributes
    ----------
    kinds : set of str
        Null and missing left out.
    null : bool
        Whether it is null somewhere.
    count : int
        How often it is there, null included.
    objects : int
        How often it is an object.
    fields : dict of str to Seen
        Of those objects.
    items : Seen or None
        Of its arrays' elements.
    wide : bool
        Whether an integer of more than 32 bits is among its values.
    longs, ints : bool
        Whether an integer of 32 bits or less is there as a long; as an int.
    finite : bool
        Whether no float is NaN or infinite.
    """

    kinds: set[str] = field(default_factory=set)
    null: bool = False
    count: int = 0
    objects: int = 0
    fields: "dict[str, Seen]" = field(default_factory=dict)
    items: "Seen | None" = None
    wide: bool = False
    longs: bool = False
    ints: bool = False
    finite: bool = True

    def add(self, value: Any) -> None:
        """Take up a value."""
        self.count += 1
        kind = kind_of(value)
        if kind == "null":
            self.null = True
            return
        self.kinds.add(kind)
        if kind == "int":
            self._integer(value)
        elif kind == "double":
            self.finite = self.finite and math.isfinite(value)
        elif kind == "array":
            self.items = self.items or Seen()
            for item in value:
                self.items.add(item)
        elif kind == "object":
            self._object(value)

    def _integer(self, value: int) -> None:
        small = -(2**31) <= value < 2**31
        self.wide = self.wide or not small
        self.longs = self.longs or (small and isinstance(value, Int64))
        self.ints = self.ints or (small and not isinstance(value, Int64))

    def _object(self, value: Mapping[str, Any]) -> None:
        self.objects += 1
        for name, child in value.items():
            found = self.fields.get(name)
            if found is None:
                found = self.fields[name] = Seen()
            found.add(child)
