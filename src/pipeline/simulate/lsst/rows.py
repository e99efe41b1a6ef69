"""An encoder of many AVRO records at once, column by column.

A packet has up to 1,100 earlier measurements of 98 fields: one by one in Python they take
20 ms. Here each field has a range of bytes in a matrix with a row a record, wide enough for
any value, and a mask says which of them are used: the used ones in order are the records.

Source of the encoding: Apache Avro 1.11 specification, "Binary Encoding".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate.encode import compile_encoder

_WIDTHS = {"boolean": 1, "int": 5, "long": 10, "float": 4, "double": 8, "string": 2}
_DTYPES = {"boolean": "u1", "float": "<f4", "double": "<f8"}
_FLOATS = ("float", "double")


@dataclass(frozen=True)
class EncodedRows:
    """Records one behind the other; record i is ``data[stops[i]:stops[i + 1]]``."""

    data: bytes
    stops: list[int]

    def row(self, i: int) -> bytes:
        """Return one record."""
        return self.data[self.stops[i] : self.stops[i + 1]]

    def first(self, n: int) -> bytes:
        """Return the first `n` records."""
        return self.data[: self.stops[n]]


class RowEncoder:
    """Encoder of the records of one schema.

    Parameters
    ----------
    fields : list of dict
        Of a record: numbers, booleans and strings, or unions of null and one of these.
    constants : mapping
        Values of fields that are the same in all records.
    """

    def __init__(self, fields: list[dict[str, Any]], constants: Mapping[str, Any]) -> None:
        self._places: dict[str, tuple[int, str, bool]] = {}  # first byte, type, may be null
        at, template = 0, []
        for field in fields:
            nullable = isinstance(field["type"], list)
            kind = field["type"][1] if nullable else field["type"]
            if field["name"] in constants:
                template.append((at, compile_encoder(field["type"])(constants[field["name"]])))
                at += len(template[-1][1])
            else:
                self._places[field["name"]] = (at, kind, nullable)
                at += nullable + _WIDTHS[kind]
        self._row, self._used = np.zeros(at, np.uint8), np.zeros(at, bool)
        for start, value in template:
            self._row[start : start + len(value)] = list(value)
            self._used[start : start + len(value)] = True

    def encode(self, rows: int, columns: Mapping[str, NDArray[Any]]) -> EncodedRows:
        """Encode records.

        Parameters
        ----------
        rows : int
            How many.
        columns : mapping of str to ndarray, shape (rows,)
            The fields that are no constants: booleans, integers, floats, or one letter each
            (S1). In floats that may be null NaN is null.

        Raises
        ------
        KeyError
            If a field has no column.
        """
        cells = np.tile(self._row, (rows, 1))
        used = np.tile(self._used, (rows, 1))
        for name, (at, kind, nullable) in self._places.items():
            _write_field(cells[:, at:], used[:, at:], kind, nullable, columns[name])
        stops = [0, *np.cumsum(used.sum(axis=1)).tolist()]
        return EncodedRows(cells[used].tobytes(), stops)


def _write_field(
    cells: NDArray[np.uint8],
    used: NDArray[np.bool_],
    kind: str,
    nullable: bool,
    values: NDArray[Any],
) -> None:
    """Write one field of all records, from the first of these bytes on."""
    if nullable:
        valid = ~np.isnan(values) if kind in _FLOATS else np.ones(len(values), bool)
        cells[:, 0], used[:, 0] = 2 * valid, True
        cells, used = cells[:, 1:], used[:, 1:]
    width = _WIDTHS[kind]
    if kind in ("int", "long"):
        _varints(np.asarray(values, np.int64), cells, used, width)
    elif kind == "string":
        cells[:, 0] = 2  # a length of 1
        cells[:, 1] = np.ascontiguousarray(values).view(np.uint8)
        used[:, :2] = True
    else:
        stored = np.ascontiguousarray(values, _DTYPES[kind]).view(np.uint8)
        cells[:, :width] = stored.reshape(len(values), width)
        used[:, :width] = valid[:, None] if nullable else True


def _varints(
    values: NDArray[np.int64], cells: NDArray[np.uint8], used: NDArray[np.bool_], width: int
) -> None:
    """Write numbers: zigzag, then 7 bits a byte, the lowest first."""
    left = ((values << 1) ^ (values >> 63)).view(np.uint64)
    used[:, 0] = True
    for k in range(width):
        rest = left >> np.uint64(7)
        more = rest > 0
        cells[:, k] = (left & np.uint64(0x7F)).astype(np.uint8) | (more * np.uint8(0x80))
        if not more.any():
            return
        used[:, k + 1] = more
        left = rest
