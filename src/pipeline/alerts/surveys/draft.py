"""A first list of columns for a new survey, out of one of its packets."""

import csv
import io
from collections import Counter
from pathlib import Path

import pyarrow as pa

from pipeline.alerts.found import Rows, Unreadable
from pipeline.alerts.shared_columns import CORE
from pipeline.alerts.sources import read_source
from pipeline.alerts.surveys.survey import HEADER
from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import compile_schema

_AVRO_TYPES = {
    "boolean": "bool", "int": "int32", "long": "int64", "float": "float32", "double": "float64",
    "string": "string", "enum": "string",
}  # fmt: skip
_ARROW_TYPES = (
    (pa.types.is_boolean, "bool"),
    (pa.types.is_int64, "int64"),
    (pa.types.is_integer, "int32"),
    (pa.types.is_float64, "float64"),
    (pa.types.is_floating, "float32"),
    (pa.types.is_string, "string"),
    (pa.types.is_large_string, "string"),
)


def draft_columns(path: Path) -> str:
    """Return a survey's CSV of columns, to be edited: all scalars of the first packet.

    Names are those of the packet, units are left empty. What all surveys have under the same
    name (candid, ra, …) is left out.

    Parameters
    ----------
    path : Path
        See `pipeline.alerts.sources.read_source`.

    Raises
    ------
    ValueError
        If there is no packet in it.
    """
    types = _packet_types(path)
    core = {column.name for column in CORE}
    names = Counter(packet_path.rpartition(".")[2] for packet_path in types)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for packet_path, type_ in types.items():
        name = packet_path.rpartition(".")[2]
        if name not in core:
            unique = name if names[name] == 1 else packet_path.replace(".", "_")
            writer.writerow([unique, type_, "", packet_path])
    return text.getvalue()


def _packet_types(path: Path) -> dict[str, str]:
    """Return the type of each scalar of the first packet, by its path."""
    found = next((f for f in read_source(path) if not isinstance(f, Unreadable)), None)
    if found is None:
        raise ValueError(f"{path}: no packet in it")
    if isinstance(found, Rows):
        records = ArrowRecords.of_table(found.table)
        arrays = {p: records.column(p) for p in records.paths}
        types = {p: _arrow_type(a.type) for p, a in arrays.items() if a is not None}
    else:
        columns = compile_schema(parse_schema(found.block.schema)).tables[0].columns
        types = {p: _AVRO_TYPES.get(column.meaning) for p, column in columns.items()}
    return {p: type_ for p, type_ in types.items() if type_ is not None}


def _arrow_type(type_: pa.DataType) -> str | None:
    return next((name for is_type, name in _ARROW_TYPES if is_type(type_)), None)
