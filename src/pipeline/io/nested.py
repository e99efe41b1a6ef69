"""All of some records as one nested column: what documents are made of.

In few types, of records in AVRO and rows of parquet alike: int64, double (a float's ``0.8`` so
compares as the 0.800000011920929 that it is, as with MongoDB and Python), text, booleans,
structs and lists. In the items of a list NaN is null: brokers leave both out of histories.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.io.arrow_records import ArrowRecords
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
        Dotted paths of what no such column can hold: bytes, maps, values of unlike types.
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
        arrays = {}
        for name, node in tree.items():
            array = self._value(records, node, f"{path}.{name}" if path else name)
            if array is not None:
                arrays[name] = array
        absent = records.absent(path) if path else None
        mask = None if absent is None else pa.array(absent)
        if not arrays:  # pyarrow knows no struct without fields and of some length
            empty = pa.nulls(records.num_rows, pa.null())
            return pa.StructArray.from_arrays([empty], ["_"], mask=mask)
        return pa.StructArray.from_arrays(list(arrays.values()), list(arrays), mask=mask)

    def _value(self, records: AvroRecords, node: Tree | Leaf, path: str) -> pa.Array | None:
        if isinstance(node, dict):
            return self.struct(records, node, path)
        if node.items is not None:
            return self._list(records, node, path)
        return self._scalar(records, node.branches, path)

    def _scalar(self, records: AvroRecords, branches: list[str], path: str) -> pa.Array | None:
        found = [records.column(name) for name in branches]
        arrays = [array for array in found if array is not None]
        try:
            arrays = [_wide(array, drop_nan=records.table > 0) for array in arrays]
            if len({array.type for array in arrays}) > 1:
                arrays = [array.cast(pa.float64()) for array in arrays]
        except pa.ArrowInvalid:  # an integer that no double has
            self.left_out.append(path)
            return None
        return pc.coalesce(*arrays) if len(arrays) > 1 else arrays[0]

    def _list(self, records: AvroRecords, node: Leaf, path: str) -> pa.Array | None:
        child = records.child(path)
        assert child is not None and node.items is not None  # as the tree says
        values: pa.Array | None
        if "" in node.items:
            values = self._value(child, node.items[""], "")
        else:
            values = self.struct(child, node.items, "")
        if values is None:
            return None
        counts = np.bincount(child.parents, minlength=records.num_rows)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        absent = records.absent(path)
        mask = None if absent is None else pa.array(absent)
        return pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)


def _wide(array: pa.Array, drop_nan: bool) -> pa.Array:
    if not pa.types.is_floating(array.type):
        return array
    wide = array.cast(pa.float64())
    return pc.if_else(pc.is_nan(wide), None, wide) if drop_nan else wide
