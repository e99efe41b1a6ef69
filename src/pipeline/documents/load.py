"""Documents exported from a MongoDB (lines of extended JSON) as a table for `translate`.

Each path gets a column of its kind; where a path has several, or both null and missing, a box
(`pipeline.documents.types`), so that what MongoDB tells apart stays apart.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from bson import json_util
from bson.errors import BSONError

from pipeline.documents.extended_json import once
from pipeline.documents.schema import BSON, FINITE, NAME, NULLS, WIDTH
from pipeline.documents.seen import ABSENT, Seen, kind_of

_OPTIONS = json_util.JSONOptions(
    tz_aware=True, json_mode=json_util.JSONMode.RELAXED, document_class=dict
)
_TYPES = {
    "double": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "date": pa.timestamp("ms"),
    "oid": pa.string(),
    "binary": pa.binary(),
    "unknown": pa.duration("s"),
}


def read_documents(path: Path) -> Iterator[dict[str, Any]]:
    """Read documents, one a line.

    Parameters
    ----------
    path : Path
        JSON lines, relaxed or canonical extended JSON, gzipped if the name ends in .gz.

    Yields
    ------
    dict
        Python's types and bson's.

    Raises
    ------
    ValueError
        Naming the file and line.
    """
    for number, line in _lines(path):
        try:
            found = json_util.loads(line, json_options=_OPTIONS, object_pairs_hook=_converted)
        except (ValueError, TypeError, BSONError, RecursionError) as error:
            raise ValueError(f"{path}, line {number}: no extended JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{path}, line {number}: no document (an object)")
        yield found


def _converted(pairs: list[tuple[str, Any]]) -> Any:
    return json_util.object_pairs_hook(list(once(pairs).items()), _OPTIONS)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that say something, and their numbers."""
    opened = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
        kind = "a whole gzip file of text" if path.suffix == ".gz" else "text in UTF-8"
        raise ValueError(f"{path}, after line {number}: expected {kind}: {error}") from error


def load_documents(path: Path) -> pa.Table:
    """Read documents into a table; its schema is what `translate` takes.

    Raises
    ------
    ValueError
        Naming the file, if there are none or they cannot be read.
    """
    table = table_of(read_documents(path))
    if not table.num_rows:
        raise ValueError(f"{path}: has no documents: expected one a line, as JSON")
    return table


def table_of(documents: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a table of documents.

    Parameters
    ----------
    documents : iterable of mapping
        As `read_documents` gives them, or pymongo.

    Returns
    -------
    pyarrow.Table
        A column for each of their fields, with the notes of `pipeline.documents.schema`.
    """
    rows = list(documents)
    seen = Seen()
    for row in rows:
        seen.add(row)
    fields, arrays = _fields(seen, rows)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _fields(seen: Seen, rows: list[Any]) -> tuple[list[pa.Field], list[pa.Array]]:
    fields, arrays, taken = [], [], set[str]()
    for name, child in seen.fields.items():
        stored = name or "_"
        while stored.lower() in taken:
            stored += "_"
        taken.add(stored.lower())
        values = [row.get(name, ABSENT) if isinstance(row, Mapping) else ABSENT for row in rows]
        missing = seen.objects > child.count
        array, notes = _column(child, values, missing)
        if stored != name:
            notes[NAME] = name.encode()
        # where its object is not there, neither is it: that is no NULL of its own
        nullable = missing or child.null
        fields.append(pa.field(stored, array.type, nullable, notes or None))
        arrays.append(array)
    return fields, arrays


def _column(seen: Seen, values: list[Any], missing: bool) -> tuple[pa.Array, dict[bytes, bytes]]:
    """Make the column of a path: plain, or a box."""
    notes = {NULLS: b"missing"} if missing else {}
    if len(seen.kinds) <= 1 and not (seen.null and missing):
        if not seen.kinds:
            return pa.nulls(len(values)), notes
        kind = next(iter(seen.kinds))
        array, more = _plain(seen, kind, values)
        return array, {**notes, **more}
    slots, parts = [], []
    for kind in sorted(seen.kinds):
        array, more = _plain(seen, kind, values)
        parts.append(array)
        slots.append(pa.field(kind, array.type, True, more or None))
    if seen.null:
        parts.append(pa.array([v is None or None for v in values], pa.bool_()))
        slots.append(pa.field("null", pa.bool_()))
    absent = pa.array([v is ABSENT for v in values], pa.bool_())
    notes = {NULLS: b"missing", BSON: b"box"}
    return pa.StructArray.from_arrays(parts, fields=slots, mask=absent), notes


def _plain(  # noqa: PLR0911 (a case a kind)
    seen: Seen, kind: str, values: list[Any]
) -> tuple[pa.Array, dict[bytes, bytes]]:
    """Make the column of one kind, NULL where a value is of another."""
    given = [v if kind_of(v) == kind else None for v in values]
    if kind == "object":
        return _struct(seen, given), {}
    if kind == "array":
        return _list(seen, given), {}
    if kind == "int":
        width = {WIDTH: b"unsure" if seen.ints else b"long"} if seen.longs else {}
        return pa.array(given, pa.int64() if seen.wide else pa.int32()), width
    if kind == "unknown":
        return pa.array([None if v is None else 0 for v in given], _TYPES[kind]), {}
    if kind == "oid":
        texts = [None if v is None else str(v) for v in given]
        return pa.array(texts, pa.string()), {BSON: b"oid"}
    if kind == "date":
        naive = [None if v is None else v.replace(tzinfo=None) for v in given]
        return pa.array(naive, _TYPES[kind]), {}
    if kind == "binary":
        return pa.array([None if v is None else bytes(v) for v in given], _TYPES[kind]), {}
    finite = {FINITE: b""} if kind == "double" and seen.finite else {}
    return pa.array(given, _TYPES[kind]), finite


def _struct(seen: Seen, values: list[Any]) -> pa.Array:
    fields, arrays = _fields(seen, values)
    if not fields:
        fields = [pa.field("_", pa.bool_(), True, {BSON: b"nothing"})]
        arrays = [pa.nulls(len(values), pa.bool_())]
    mask = pa.array([v is None for v in values], pa.bool_())
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)


def _list(seen: Seen, values: list[Any]) -> pa.Array:
    offsets = [0]
    flat: list[Any] = []
    for value in values:
        flat += value or []
        offsets.append(len(flat))
    assert seen.items is not None
    array, notes = _column(seen.items, flat, False)
    if pa.types.is_null(array.type):
        array = array.cast(pa.bool_())
        notes = {**notes, BSON: b"none"}
    notes.pop(NULLS, None)
    item = pa.field("item", array.type, seen.items.null or BSON in notes, notes or None)
    mask = pa.array([v is None for v in values], pa.bool_())
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), array, type=pa.list_(item), mask=mask
    )
