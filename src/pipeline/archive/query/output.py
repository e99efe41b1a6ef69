"""Answers for people and programs: a table of text, JSON, CSV, parquet, VOTable."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from pipeline.io.atomic import atomic_path

FORMATS = {
    "json": (".json",),
    "csv": (".csv",),
    "parquet": (".parquet", ".pq"),
    "votable": (".vot", ".votable", ".xml"),
}
"""What can be written to a file, and what its name ends in."""
TEXT = "text"
WIDTH = 40
"""Letters of a value in a table of text."""


def format_of(path: Path | None, given: str | None) -> str:
    """Return the format that is asked for, or what the file's name says.

    Raises
    ------
    ValueError
        If neither says one.

    >>> format_of(Path("a.csv"), None), format_of(None, "json")
    ('csv', 'json')
    """
    if given is not None:
        return given
    if path is None:
        return TEXT if sys.stdout.isatty() else "json"
    for name, suffixes in FORMATS.items():
        if path.name.lower().endswith(suffixes):
            return name
    ends = ", ".join(end for suffixes in FORMATS.values() for end in suffixes)
    raise ValueError(f"{path}: ends in none of {ends}: say --format")


def write(answer: pa.Table | Sequence[Mapping[str, Any]], path: Path | None, form: str) -> None:
    """Write an answer to a file, whole or not at all, or to standard output.

    Parameters
    ----------
    answer : pyarrow.Table or sequence of mappings
    path : Path or None
    form : str
        One of `FORMATS`, or `TEXT`.

    Raises
    ------
    ValueError
        If a binary format has no file to go to.
    """
    if form == "parquet":
        from pipeline.io.tables import write_table  # noqa: PLC0415 - of this format only

        if path is None:
            raise ValueError("parquet needs a file: say --output")
        write_table(_table(answer), path)
    elif path is None:
        _write_text(answer, sys.stdout, form)
    else:
        with atomic_path(path) as part, part.open("w", encoding="utf-8") as file:
            _write_text(answer, file, form)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    _json(value, sys.stdout)


def _json(value: Any, file: TextIO) -> None:
    json.dump(plain(value), file, indent=1, allow_nan=False)
    file.write("\n")


def _write_text(answer: pa.Table | Sequence[Mapping[str, Any]], file: TextIO, form: str) -> None:
    if form == "json":
        _json(answer.to_pylist() if isinstance(answer, pa.Table) else answer, file)
    elif form == "csv":
        _csv(_table(answer), file)
    elif form == "votable":
        _votable(_table(answer), file)
    else:
        file.writelines(f"{line.rstrip()}\n" for line in text_lines(_table(answer)))


def plain(value: Any) -> Any:
    r"""Return a value as JSON can hold it: what is no number is null, bytes are hexadecimal.

    >>> plain({"a": [1, float("nan")], "b": b"\x01"})
    {'a': [1, None], 'b': '01'}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def text_lines(table: pa.Table) -> Iterable[str]:
    """Yield the lines of a table of text: numbers to the right, what is long cut off.

    >>> for line in text_lines(pa.table({"candid": [1, 20], "name": ["a", None]})):
    ...     print(line)
    candid  name
         1  a
        20
    """
    columns = [
        [field.name, *(_shown(value) for value in column.to_pylist())]
        for field, column in zip(table.schema, table.columns, strict=True)
    ]
    widths = [max(map(len, column)) for column in columns]
    right = [pa.types.is_integer(f.type) or pa.types.is_floating(f.type) for f in table.schema]
    for row in zip(*columns, strict=True):
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _table(answer: pa.Table | Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return an answer as a table; documents have a column for each name."""
    if isinstance(answer, pa.Table):
        return answer
    names = list(dict.fromkeys(name for document in answer for name in document))
    columns = [_array([document.get(name) for document in answer]) for name in names]
    return pa.table(dict(zip(names, columns, strict=True)))


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except pa.ArrowException:  # unlike types
        return pa.array([None if value is None else str(value) for value in values])


def _flat(table: pa.Table) -> pa.Table:
    """Return a table without nested columns, which are JSON instead, or dictionaries."""
    for number, field in enumerate(table.schema):
        column = table.column(number)
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        elif pa.types.is_nested(field.type):
            values = column.to_pylist()
            column = pa.array([None if v is None else json.dumps(plain(v)) for v in values])
        else:
            continue
        table = table.set_column(number, field.with_type(column.type), column)
    return table


def _csv(table: pa.Table, file: TextIO) -> None:
    import pyarrow.csv  # noqa: PLC0415 - of this format only

    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(_flat(table), sink)
    file.write(sink.getvalue().to_pybytes().decode())


def _votable(table: pa.Table, file: TextIO) -> None:
    from io import BytesIO  # noqa: PLC0415 - of this format only

    from astropy.io.votable import from_table, writeto  # noqa: PLC0415
    from astropy.table import MaskedColumn, Table  # noqa: PLC0415

    flat, made = _flat(table), Table()
    for field, column in zip(flat.schema, flat.columns, strict=True):
        metadata = field.metadata or {}
        values = column.to_pylist()
        mask = [value is None for value in values]
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
            filled = column.fill_null(pa.scalar(0).cast(field.type)).to_numpy()
        elif pa.types.is_boolean(field.type):
            filled = [bool(value) for value in values]
        else:
            filled = ["" if value is None else str(value) for value in values]
        unit = metadata.get(b"unit", b"").decode() or None
        said = metadata.get(b"description", b"").decode()
        made[field.name] = MaskedColumn(filled, mask=mask, unit=unit, description=said)
    buffer = BytesIO()
    writeto(from_table(made), buffer)
    file.write(buffer.getvalue().decode())
