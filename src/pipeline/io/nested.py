"""All of some records as one nested column: what documents are made of.

In few types, of records in AVRO and rows of parquet alike: integers, double (a float's ``0.8``
so compares as the 0.800000011920929 that it is, as with MongoDB and Python), text, booleans,
structs and lists. In the items of a list NaN is null: brokers leave both out of histories.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.avro_program import Column
from pipeline.io.nested_arrow import in_plain_types
from pipeline.io.nested_tree import Leaf, Tree, tree_of
from pipeline.io.records import AvroRecords, Records


@dataclass
class Nested:
    """Records as a column.

    Attributes
    ----------
    array : pyarrow.StructArray
        One row a record. A field that the records' schema lacks is not in its type.
    left_out : list of str
        Dotted paths of what no such column can hold: bytes, maps, values of unlike types, times
        and other logical types.
    """

    array: pa.StructArray
    left_out: list[str] = field(default_factory=list)


def nested(records: Records, skip: Collection[str] = ()) -> Nested:
    """Return n records with all their fields.

    Parameters
    ----------
    records : Records
    skip : collection of str
        Fields of the record itself that are not wanted, as stamps.
    """
    if isinstance(records, ArrowRecords):
        return Nested(*in_plain_types(records.array, skip))
    assert isinstance(records, AvroRecords)
    made = _Maker()
    tree = tree_of(records.program, records.table, skip, made.left_out)
    return Nested(made.struct(records, tree, ""), made.left_out)


class _Maker:
    """Makes arrays of the nodes of a tree, and notes what cannot be one."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def struct(self, records: AvroRecords, tree: Tree, path: str) -> pa.StructArray:
        """Return a record of all rows; null where a union has none."""
        arrays, fields = [], []
        for name, node in tree.items():
            where = f"{path}.{name}" if path else name
            array = self._value(records, node, where)
            if array is not None:
                arrays.append(array)
                fields.append(pa.field(name, array.type, self._optional(records, node, where)))
        absent = records.absent(path) if path else None
        mask = None if absent is None else pa.array(absent)
        if not arrays:  # pyarrow knows no struct without fields and of some length
            arrays, fields = [pa.nulls(records.num_rows)], [pa.field("_", pa.null())]
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)

    def _value(self, records: AvroRecords, node: Tree | Leaf, path: str) -> pa.Array | None:
        if isinstance(node, dict):
            return self.struct(records, node, path)
        if node.items is not None:
            return self._list(records, node, path)
        return self._scalar(records, node.columns, path)

    def _optional(self, records: AvroRecords, node: Tree | Leaf, path: str) -> bool:
        """Whether the schema has a null, or our rule for NaN makes some."""
        if isinstance(node, dict) or node.items is not None:
            return records.absent(path) is not None
        kinds = {column.kind for column in node.columns.values()}
        became = records.table > 0 and bool(kinds & {"float", "double"})
        return became or any(column.optional for column in node.columns.values())

    def _scalar(
        self, records: AvroRecords, columns: dict[str, Column], path: str
    ) -> pa.Array | None:
        arrays = []
        for name, column in columns.items():
            array = records.column(name)
            assert array is not None  # as the tree says
            arrays.append(_plain(array, column.kind, drop_nan=records.table > 0))
        if len({array.type for array in arrays}) > 1:
            whole = all(pa.types.is_integer(array.type) for array in arrays)
            try:
                arrays = [array.cast(pa.int64() if whole else pa.float64()) for array in arrays]
            except pa.ArrowInvalid:  # an integer that no double has
                self.left_out.append(path)
                return None
        return pc.coalesce(*arrays) if len(arrays) > 1 else arrays[0]

    def _list(self, records: AvroRecords, node: Leaf, path: str) -> pa.Array | None:
        values: pa.Array | None
        child = records.child(path)
        assert child is not None and node.items is not None  # as the tree says
        item = node.items.get("")
        values = (
            self.struct(child, node.items, "") if item is None else self._value(child, item, "")
        )
        if values is None:
            return None
        optional = item is not None and self._optional(child, item, "")
        counts = np.bincount(child.parents, minlength=records.num_rows)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        absent = records.absent(path)
        mask = None if absent is None else pa.array(absent)
        type_ = pa.list_(pa.field("item", values.type, optional))
        return pa.ListArray.from_arrays(pa.array(offsets), values, type=type_, mask=mask)


def _plain(array: pa.Array, kind: str, drop_nan: bool) -> pa.Array:
    if kind == "int":
        try:
            return array.cast(pa.int32())
        except pa.ArrowInvalid:  # nobody checks that a varint is one of 32 bits
            return array
    if not pa.types.is_floating(array.type):
        return array
    wide = array.cast(pa.float64())
    return pc.if_else(pc.is_nan(wide), None, wide) if drop_nan else wide
