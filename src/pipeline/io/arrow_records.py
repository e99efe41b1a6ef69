"""Packets that came as parquet rows, as columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass
class ArrowRecords:
    """Rows of a table with nested columns, as Fink's parquet has them."""

    array: pa.StructArray
    parents: np.ndarray

    @classmethod
    def of_table(cls, table: pa.Table) -> "ArrowRecords":
        """Wrap a whole table."""
        batch = table.combine_chunks().to_struct_array()
        array = batch.combine_chunks() if isinstance(batch, pa.ChunkedArray) else batch
        return cls(array, np.arange(table.num_rows))

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        return len(self.array)

    @cached_property
    def paths(self) -> list[str]:
        """Return the paths of all scalar fields."""
        if not pa.types.is_struct(self.array.type):  # items of an array that are no records
            return []
        return list(_scalar_paths(self.array.type, ""))

    def branches(self, _path: str) -> Iterable[str]:
        """Return nothing: Arrow's fields have one type each."""
        return ()

    def column(self, path: str) -> pa.Array | None:
        """Return a scalar field of every row; None if the schema has no such."""
        array = self._nested(path)
        return None if array is None or pa.types.is_nested(array.type) else array

    def child(self, path: str) -> "ArrowRecords | None":
        """Return the items of a list field; None if the schema has no such."""
        array = self._nested(path)
        if array is None or not (
            pa.types.is_list(array.type) or pa.types.is_large_list(array.type)
        ):
            return None
        items = pc.list_flatten(array)
        parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
        return ArrowRecords(items, parents.astype(np.int64))

    def _nested(self, path: str) -> pa.Array | None:
        array = self.array
        for name in path.split("."):
            if not pa.types.is_struct(array.type) or array.type.get_field_index(name) < 0:
                return None
            array = pc.struct_field(array, name)  # null where the struct is
        return array


def _scalar_paths(type_: pa.DataType, prefix: str) -> Iterator[str]:
    for item in type_:
        if pa.types.is_struct(item.type):
            yield from _scalar_paths(item.type, f"{prefix}{item.name}.")
        elif not pa.types.is_nested(item.type):
            yield f"{prefix}{item.name}"
