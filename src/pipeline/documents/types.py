"""How values of documents lie in SQL: what kinds a path can have, and where each is stored.

A path of a table has one or several BSON kinds. With one kind the column is that kind's own,
and an SQL NULL is *either* null *or* missing, as the type says; where both can be, or several
kinds, it is a box: a struct with a slot a kind and one that is true for null; the box itself
is NULL where the path is missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.documents import sql
from pipeline.documents.refused import Refused

STORES = {
    "double": "DOUBLE",
    "int": "BIGINT",
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "date": "BIGINT",
    "oid": "VARCHAR",
    "binary": "BLOB",
}
SCALARS = tuple(STORES)
BITS = {"TINYINT": 7, "UTINYINT": 8, "SMALLINT": 15, "USMALLINT": 16, "INTEGER": 31, "UINTEGER": 32}
BY_SIZE, ALL_LONG, UNSURE = "size", "long", ""
"""Which integers are MongoDB's longs: those of more than 32 bits, all, or nobody knows."""
EMPTY = "_"  # the one field of a struct that has none: SQL knows no empty struct


@dataclass(frozen=True)
class Field:
    """A field of an object: its name in documents, the struct's field, its type."""

    name: str
    stored: str
    type: "Type"


@dataclass(frozen=True)
class Alternative:
    """One kind that a value can have, and its SQL type (of arrays and objects: their parts).

    Attributes
    ----------
    kind : str
        One of SCALARS, "array" or "object"; "unknown" for columns that no BSON type has.
    store : str
        SQL type of a scalar as it is stored.
    items : Type or None
        Of an array.
    fields : tuple of Field
        Of an object.
    slot : str
        Its field of the box.
    finite : bool
        Of a double: it is known to be neither NaN nor infinite.
    width : str
        Of an int: BY_SIZE, ALL_LONG or UNSURE.
    """

    kind: str
    store: str = ""
    items: "Type | None" = None
    fields: tuple[Field, ...] = ()
    slot: str = ""
    finite: bool = False
    width: str = BY_SIZE

    def sql(self) -> str:
        """Give the SQL type."""
        if self.kind == "array":
            assert self.items is not None
            return f"{self.items.sql()}[]"
        if self.kind == "object":
            parts = [f"{sql.name(f.stored)} {f.type.sql()}" for f in self.fields]
            return f"STRUCT({', '.join(parts or [f'{sql.name(EMPTY)} BOOLEAN'])})"
        return self.store


@dataclass(frozen=True)
class Type:
    """All that a value can be.

    Attributes
    ----------
    alternatives : tuple of Alternative
        Each kind once.
    null, missing : bool
        Whether it can be null; whether it can be missing.
    null_slot : str
        The box' field that is true for null; empty where there is no box.
    boxed : bool
        Whether it lies in a box.
    """

    alternatives: tuple[Alternative, ...] = ()
    null: bool = False
    missing: bool = False
    boxed: bool = False
    null_slot: str = ""

    def sql(self) -> str:
        """Give the SQL type."""
        if not self.boxed:
            return self.alternatives[0].sql() if self.alternatives else "BOOLEAN"
        slots = [f"{sql.name(a.slot)} {a.sql()}" for a in self.alternatives]
        if self.null_slot:
            slots.append(f"{sql.name(self.null_slot)} BOOLEAN")
        return f"STRUCT({', '.join(slots)})"


def laid_out(alternatives: Iterable[Alternative], null: bool, missing: bool) -> Type:
    """Give the type of some kinds, in a box where one column cannot tell them apart."""
    found = tuple(sorted(alternatives, key=lambda a: a.kind))
    if len(found) <= 1 and not (null and missing):
        bare = tuple(_with_slot(a, "") for a in found)
        return Type(bare, null, missing)
    slots = tuple(_with_slot(a, a.kind) for a in found)
    return Type(slots, null, missing, True, "null" if null else "")


def _with_slot(given: Alternative, slot: str) -> Alternative:
    return replace(given, slot=slot)


def union(first: Type, second: Type) -> Type:
    """Give the type that holds what either can be."""
    if first == second:
        return first
    null, missing = first.null or second.null, first.missing or second.missing
    ours = {a.kind: a for a in first.alternatives}
    theirs = {a.kind: a for a in second.alternatives}
    both = [
        _joined(ours[kind], theirs[kind])
        if kind in ours and kind in theirs
        else (ours.get(kind) or theirs[kind])
        for kind in dict.fromkeys([*ours, *theirs])
    ]
    return laid_out(both, null, missing)


def _joined(ours: Alternative, theirs: Alternative) -> Alternative:
    """Join two alternatives of one kind."""
    kind = ours.kind
    if kind == "unknown":
        raise Refused("a column of a type that documents do not have")
    if kind == "array":
        assert ours.items is not None
        assert theirs.items is not None
        return Alternative("array", items=union(ours.items, theirs.items))
    if kind == "object":
        if _structure(ours) == _structure(theirs):
            return ours
        return Alternative("object", fields=_fields(ours.fields, theirs.fields))
    store = ours.store if ours.store == theirs.store else STORES[kind]
    width = ours.width if ours.width == theirs.width else UNSURE
    return Alternative(kind, store, finite=ours.finite and theirs.finite, width=width)


def _structure(given: Alternative) -> Alternative:
    return _with_slot(given, "")


def _fields(ours: tuple[Field, ...], theirs: tuple[Field, ...]) -> tuple[Field, ...]:
    mine = {f.name: f.type for f in ours}
    other = {f.name: f.type for f in theirs}
    joined = []
    for number, key in enumerate(dict.fromkeys([*mine, *other])):
        kind = union(mine.get(key, MISSING), other.get(key, MISSING))
        joined.append(Field(key, f"f{number}", kind))
    return tuple(joined)


MISSING = Type(missing=True)
