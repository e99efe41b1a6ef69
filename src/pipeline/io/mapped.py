"""Files that are memory-mapped afterwards: arrays in .npy, rows in Arrow's IPC format."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.numpy_arrow import to_arrow

ROWS = 1 << 20
"""At most, in one batch of rows."""


def array_file(stack: ExitStack, path: Path, dtype: type, shape: tuple[int, ...]) -> BinaryIO:
    """Open a .npy file to append to; its array is given from the first axis on.

    A mapped one would crash on a full disk.
    """
    file = stack.enter_context(path.open("wb"))
    header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file


def rows_file(stack: ExitStack, path: Path, schema: pa.Schema) -> pa.ipc.RecordBatchFileWriter:
    """Open an Arrow IPC file to write batches to, of at most `ROWS` rows."""
    sink = stack.enter_context(pa.OSFile(str(path), "wb"))
    return stack.enter_context(pa.ipc.new_file(sink, schema))


@dataclass(frozen=True)
class MappedRows:
    """Rows of an Arrow IPC file of which only those that are looked at are read.

    Attributes
    ----------
    schema : pyarrow.Schema
    batches : list of pyarrow.RecordBatch
    """

    schema: pa.Schema
    batches: list[pa.RecordBatch]

    @property
    def num_rows(self) -> int:
        """Of all batches."""
        return sum(batch.num_rows for batch in self.batches)

    def select(self, names: list[str]) -> "MappedRows":
        """Return the rows with some of their columns."""
        fields = pa.schema([self.schema.field(name) for name in names])
        return MappedRows(fields, [batch.select(names) for batch in self.batches])

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """Return some rows.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            In any order, with repetition; negative ones give nulls.
        """
        # Batch by batch: take() of a table in chunks would first copy the chunks together.
        starts = np.cumsum([0, *(b.num_rows for b in self.batches)])
        order = np.argsort(rows, kind="stable")
        cuts = np.searchsorted(rows[order], starts)
        taken = [
            batch.take(to_arrow(rows[order[lo:hi]] - start))
            for batch, start, lo, hi in zip(
                self.batches, starts[:-1], cuts[:-1], cuts[1:], strict=True
            )
            if hi > lo
        ]
        table = pa.Table.from_batches(taken, self.schema)
        back = np.argsort(order) - cuts[0]
        return table.take(to_arrow(back, null=rows < 0))


def open_rows(path: str | Path) -> MappedRows:
    """Open an Arrow IPC file.

    Raises
    ------
    OSError, pyarrow.ArrowInvalid
        If there is none, or it is damaged.
    """
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    return MappedRows(reader.schema, batches)
