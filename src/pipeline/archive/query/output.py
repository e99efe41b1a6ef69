"""Answers for people and programs: a table of text, JSON, CSV, parquet, VOTable."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from pipeline.archive.query.columns import flat, in_votable, plain, storable, table_of
from pipeline.io.atomic import atomic_path
from pipeline.io.votable import VOTABLE_UNITS

logger = logging.getLogger(__name__)

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
        If neither says one, or the file's folder is not there: a query may take minutes, and a
        folder that is misspelt is not what somebody looks for.

    >>> format_of(Path("a.csv"), None), format_of(None, "json")
    ('csv', 'json')
    """
    if path is not None and not path.parent.is_dir():
        raise ValueError(f"--output {path}: there is no folder {path.parent}")
    if path is not None and path.is_dir():
        raise ValueError(f"--output {path}: is a folder")
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
        write_table(storable(table_of(answer)), path)
    elif path is None:
        _write_text(answer, sys.stdout, form)
    else:
        with atomic_path(path) as part, part.open("w", encoding="utf-8") as file:
            _write_text(answer, file, form)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    _json(value, sys.stdout)


def _json(value: Any, file: TextIO) -> None:
    lost: list[float] = []
    json.dump(plain(value, lost), file, indent=1, allow_nan=False)
    if lost:
        numbers = "1 value that is" if len(lost) == 1 else f"{len(lost)} values that are"
        logger.warning("JSON: %s NaN or infinite: null there; parquet keeps them", numbers)
    file.write("\n")


def _write_text(answer: pa.Table | Sequence[Mapping[str, Any]], file: TextIO, form: str) -> None:
    if form == "json":
        _json(answer.to_pylist() if isinstance(answer, pa.Table) else answer, file)
    elif form == "csv":
        _csv(table_of(answer), file)
    elif form == "votable":
        _votable(table_of(answer), file)
    else:
        file.writelines(f"{line.rstrip()}\n" for line in text_lines(table_of(answer)))


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


def _csv(table: pa.Table, file: TextIO) -> None:
    import pyarrow.csv  # noqa: PLC0415 - of this format only

    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(flat(table), sink)
    file.write(sink.getvalue().to_pybytes().decode())


def _votable(table: pa.Table, file: TextIO) -> None:
    from io import BytesIO  # noqa: PLC0415 - of this format only

    from astropy.io.votable import from_table, writeto  # noqa: PLC0415
    from astropy.table import MaskedColumn, Table  # noqa: PLC0415

    plainer, made = flat(table), Table()
    for field, told in zip(plainer.schema, plainer.columns, strict=True):
        metadata, column = field.metadata or {}, in_votable(told)
        values = column.to_pylist()
        mask = [value is None for value in values]
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            filled = column.fill_null(pa.scalar(0).cast(column.type)).to_numpy()
        elif pa.types.is_boolean(column.type):
            filled = [bool(value) for value in values]
        else:
            filled = ["" if value is None else str(value) for value in values]
        unit = metadata.get(b"unit", b"").decode() or None
        unit = VOTABLE_UNITS.get(unit, unit) if unit else None
        said = metadata.get(b"description", b"").decode()
        made[field.name] = MaskedColumn(filled, mask=mask, unit=unit, description=said)
    buffer = BytesIO()
    writeto(from_table(made), buffer)
    file.write(buffer.getvalue().decode())
