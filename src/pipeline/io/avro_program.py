"""An AVRO schema as a small program that a compiled loop runs over records.

fastavro takes 1.6 ms to make Python objects of a ZTF packet with 35 earlier
measurements; running this program takes about 0.05 ms and gives columns. Records of
arrays become child tables, so that ``prv_candidates`` is one table with a parent row.

Source of the encoding: Apache Avro 1.11 specification, "Binary Encoding".
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastavro.types import Schema

from pipeline.io.avro import AvroError

# Operations. Each is one int in the program, followed by its operands.
END = 0
BOOLEAN = 1  # slot
VARINT = 2  # slot: int, long, enum
FLOAT = 3  # slot
DOUBLE = 4  # slot
BYTES = 5  # slot, slot of the length: string, bytes
FIXED = 6  # slot, slot of the length, size
UNION = 7  # number of branches, their addresses
JUMP = 8  # address
ARRAY = 9  # table, address behind the loop
NEXT = 10  # address of the ARRAY
MARK = 11  # slot: set where a union has this branch

_SCALARS = {"boolean": BOOLEAN, "int": VARINT, "long": VARINT, "float": FLOAT, "double": DOUBLE}
_BINARY = ("string", "bytes")
_NESTED = ("record", "array", "map")
_HELD = ("int", "long", "float", "double", "bytes")
"""What values of logical types are held in, text apart."""
_MOST_OF_A_WORD = 40

MAX_OPERATIONS = 100_000
"""Ints of a program. Real packets take 700 to 1700; types that name one another can take 2^n."""
MAX_VALUES = 1 << 21
"""Values that a packet may become: the rows of its tables × their widths. Real ones have up to
50,000, and each takes 9 bytes in memory; items of one byte can be 50,000 wide."""
MAX_BLOCK_VALUES = 1 << 26
"""The same of all records of a block, which are gone through to find where each begins."""
_MAX_FIXED_BYTES = (1 << 31) - 1


@dataclass
class Column:
    """Where a value lies in its table's rows, and what it is; `optional` in a union.

    `kind` is how it is encoded, `meaning` what it stands for: the same, but for AVRO's logical
    types. A number that is ``timestamp-micros`` is none.
    """

    slot: int
    kind: str
    optional: bool = False
    symbols: list[str] = field(default_factory=list)
    meaning: str = ""

    def __post_init__(self) -> None:
        self.meaning = self.meaning or self.kind


@dataclass
class Layout:
    """One table: the record itself (0) or the items of one of its arrays.

    Slot 0 of a row holds the row of the parent table that it belongs to. `present` has a slot
    for each record and array that may be null, or something else: what it holds cannot tell an
    array without items from none. `branches` has, by a field's path, the columns of its union's
    further types, in order: their names have the type behind the path.
    """

    parent: int
    columns: dict[str, Column] = field(default_factory=dict)
    branches: dict[str, dict[str, None]] = field(default_factory=dict)
    children: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    is_map: bool = False
    width: int = 1


@dataclass
class Program:
    """What the compiled loop needs, and how to find columns in what it returns."""

    code: np.ndarray
    tables: list[Layout]

    @property
    def widths(self) -> np.ndarray:
        """Return the number of slots of a row of each table, int64."""
        return np.array([t.width for t in self.tables], dtype=np.int64)


def compile_schema(schema: Schema, until: Collection[str] = ()) -> Program:
    """Compile a writer's schema with expanded names (`pipeline.io.avro.parse_schema`).

    Parameters
    ----------
    schema : dict
        A record; anything else is refused.
    until : collection of str
        Stop behind the last of these fields of the record: what an index needs stands first.

    Raises
    ------
    AvroError
        If the schema is no record, has none of the fields `until`, is recursive or too long,
        or uses what no packet has, such as items that take no byte: a count of 2^60 of them
        would be valid.
    """
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise AvroError("a packet's schema must be a record")
    fields = schema["fields"]
    if until:
        stops = [i for i, f in enumerate(fields) if f["name"] in until]
        if not stops:
            raise AvroError(f"the schema has no field {' or '.join(dict.fromkeys(until))}")
        fields = fields[: stops[-1] + 1]
    compiler = _Compiler()
    try:
        _check_names([f["name"] for f in fields], "a field's name")
        for item in fields:
            compiler.emit(item["type"], item["name"], 0)
    except RecursionError as error:
        raise AvroError("the schema's types are nested too deep") from error
    compiler.code.append(END)
    return Program(np.array(compiler.code, dtype=np.int64), compiler.tables)


def _check_names(names: object, what: str) -> None:
    """Raise unless these are texts that a table's schema can hold.

    A name may stand there twice, as in WNTR's packets.
    """
    if not isinstance(names, list):
        raise AvroError(f"{what}s are {names!r}, which is no list"[:200])
    for name in names:
        # JSON can escape half of a surrogate pair, which no UTF-8 can hold.
        if not isinstance(name, str) or any("\ud800" <= c <= "\udfff" for c in name):
            raise AvroError(f"{what} is {name!r}, which is no text")


def _meaning(kind: str, logical: object) -> str:
    """Return what a scalar stands for: its logical type, or its own.

    Text says what it is in any case, but for a UUID; a number, or bytes, of a logical type that
    nobody here knows is not known to be the number that it looks like.
    """
    if kind == "fixed":
        kind = "bytes"
    if not isinstance(logical, str) or not logical:
        return kind
    if logical == "uuid":
        return logical if kind == "string" else kind
    if kind not in _HELD:
        return kind
    return logical[:_MOST_OF_A_WORD].encode("utf-8", "backslashreplace").decode()


class _Compiler:
    def __init__(self) -> None:
        self.code: list[int] = []
        self.tables = [Layout(parent=-1)]
        self.emitted = 0

    def emit(
        self, schema: Schema, path: str, table: int, optional: bool = False, logical: object = None
    ) -> bool:
        """Append the operations that read one value; return whether it takes a byte at least.

        `logical` is a logical type that stands around the type, or beside it in the field.
        """
        self.emitted += 1  # counted apart: null has no operation
        if max(self.emitted, len(self.code)) > MAX_OPERATIONS:
            raise AvroError(f"the schema takes more than {MAX_OPERATIONS} operations")
        if isinstance(schema, list):
            return self._union(schema, path, table, logical)
        if isinstance(schema, str):
            schema = {"type": schema}
        kind = schema["type"]
        logical = schema.get("logicalType", logical)
        if isinstance(kind, dict | list):
            return self.emit(kind, path, table, optional, logical)
        if kind == "null":
            return False
        if kind == "record":
            fields = schema["fields"]
            _check_names([f["name"] for f in fields], f"{path or 'the record'}: a field's name")
            names = [f"{path}.{f['name']}" if path else f["name"] for f in fields]
            sized = [
                self.emit(f["type"], n, table, logical=f.get("logicalType"))
                for f, n in zip(fields, names, strict=True)
            ]
            return any(sized)
        meaning = _meaning(kind, logical)
        if kind == "fixed":
            return self._fixed(schema, path, table, optional, meaning)
        if kind in _SCALARS:
            self.code += [_SCALARS[kind], self._column(path, table, kind, optional, meaning)]
        elif kind in _BINARY:
            slot = self._column(path, table, kind, optional, meaning, width=2)
            self.code += [BYTES, slot, slot + 1]
        elif kind == "enum":
            _check_names(schema["symbols"], f"{path}: a symbol")
            slot = self._column(path, table, "enum", optional, symbols=schema["symbols"])
            self.code += [VARINT, slot]
        elif kind in ("array", "map"):
            self._array(schema, path, table)
        else:
            raise AvroError(f"{path}: type {kind!r} is recursive or unknown")
        return True

    def _fixed(
        self, schema: dict[str, Any], path: str, table: int, optional: bool, meaning: str
    ) -> bool:
        size = schema["size"]
        if type(size) is not int or not 0 <= size <= _MAX_FIXED_BYTES:
            raise AvroError(f"{path}: {size!r} is no size of a fixed type")
        slot = self._column(path, table, "bytes", optional, meaning, width=2)
        self.code += [FIXED, slot, slot + 1, size]
        return size > 0

    def _column(
        self,
        path: str,
        table: int,
        kind: str,
        optional: bool,
        meaning: str = "",
        width: int = 1,
        symbols: list[str] | None = None,
    ) -> int:
        layout = self.tables[table]
        name = path
        if path in layout.columns:  # two branches of a union with values: both are kept
            name = f"{path}:{kind}"
            while name in layout.columns:  # of the same encoding, as a number and a time
                name += "'"
            layout.branches.setdefault(path, {})[name] = None
        layout.columns[name] = Column(layout.width, kind, optional, symbols or [], meaning)
        layout.width += width
        return layout.columns[name].slot

    def _union(self, branches: list[Any], path: str, table: int, logical: object) -> bool:
        self.code += [UNION, len(branches)]
        targets = len(self.code)
        self.code += [0] * len(branches)
        jumps = []
        for i, branch in enumerate(branches):
            self.code[targets + i] = len(self.code)
            if isinstance(branch, dict) and branch["type"] in _NESTED:
                self.code += [MARK, self._mark(path, table)]
            self.emit(branch, path, table, optional=True, logical=logical)
            self.code += [JUMP, 0]
            jumps.append(len(self.code) - 1)
        for at in jumps:
            self.code[at] = len(self.code)
        return True

    def _mark(self, path: str, table: int) -> int:
        layout = self.tables[table]
        if path not in layout.present:
            layout.present[path] = layout.width
            layout.width += 1
        return layout.present[path]

    def _array(self, schema: dict[str, Any], path: str, table: int) -> None:
        child = len(self.tables)
        self.tables.append(Layout(parent=table))
        self.tables[table].children[path] = child
        start = len(self.code)
        self.code += [ARRAY, child, 0]
        if schema["type"] == "map":
            self.tables[child].is_map = True
            slot = self._column("key", child, "string", False, width=2)
            self.code += [BYTES, slot, slot + 1]
            self.emit(schema["values"], "", child)
        elif not self.emit(schema["items"], "", child):
            raise AvroError(f"{path}: the array's items can be empty")
        self.code += [NEXT, start]
        self.code[start + 2] = len(self.code)
