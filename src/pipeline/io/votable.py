"""The VOTable without data that stands in a parquet file: units, UCDs, descriptions.

By the VOParquet convention (IVOA Note 1.0, 2025-01-16) TOPCAT, STIL and astropy read it from the
file's footer; where types differ they go by parquet's own.
"""

import csv
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa

UCDS = Path(__file__).with_name("ucds.csv")
_TYPES = {
    pa.bool_(): "boolean", pa.uint8(): "unsignedByte", pa.int8(): "short", pa.int16(): "short",
    pa.uint16(): "int", pa.int32(): "int", pa.uint32(): "long", pa.int64(): "long",
    pa.uint64(): "long", pa.float16(): "float", pa.float32(): "float", pa.float64(): "double",
}  # fmt: skip
_TEXT = "char"
VOTABLE_UNITS = {"DN": "adu"}
"""What IVOA's VOUnits call units that have another name there."""
_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
    '<RESOURCE type="results"><TABLE>'
)
_END = "</TABLE></RESOURCE></VOTABLE>"


class Votable:
    """The VOTable of all files with the same columns.

    Parameters
    ----------
    schema : pyarrow.Schema
        With units and descriptions in the metadata of its fields (`pipeline.io.tables.field`).
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._fields = [_field(field) for field in schema]

    def text(self, lengths: Mapping[str, int], with_nulls: Set[str]) -> str:
        """Return the document for one file.

        Parameters
        ----------
        lengths : mapping of str to int
            Of each column of text the longest of its values [bytes].
        with_nulls : set of str
            Columns of flags in which some are null. VOTable's boolean is a list of none or one
            there: astropy cannot put objects, as it has flags with nulls, behind booleans.
        """
        sizes = {name: f"{max(longest, 1)}*" for name, longest in lengths.items()}
        sizes |= dict.fromkeys(with_nulls, "*")
        fields = []
        for name, before, kind, size, behind in self._fields:
            size_now = sizes.get(name, size)
            array = f' arraysize="{size_now}"' if size_now else ""
            fields.append(f'{before} datatype="{kind}"{array}{behind}')
        return "".join([_BEGIN, *fields, _END])


def _field(field: pa.Field) -> tuple[str, str, str, str, str]:
    """Return a column's name, what stands before its type, type, size, and what stands behind."""
    notes = field.metadata or {}
    unit, description = (notes.get(key, b"").decode() for key in (b"unit", b"description"))
    told = {
        "unit": VOTABLE_UNITS.get(unit, unit).replace("^", "**"),
        "ucd": _ucds().get(field.name, ""),
    }
    said = "".join(f' {key}="{_xml(value)}"' for key, value in told.items() if value)
    inside = f"><DESCRIPTION>{_xml(description)}</DESCRIPTION></FIELD>" if description else "/>"
    before, kind_size = f'<FIELD name="{_xml(field.name)}"', _datatype(field.type)
    return field.name, before, *kind_size, said + inside


def _datatype(kind: pa.DataType) -> tuple[str, str]:
    """Return VOTable's type and size of the values; it has none for records and times: text."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _TYPES.get(kind.value_type, _TEXT), "*"
    if pa.types.is_fixed_size_list(kind) and kind.value_type in _TYPES:
        return _TYPES[kind.value_type], str(kind.list_size)
    return (_TYPES[kind], "") if kind in _TYPES else (_TEXT, "*")


def _xml(text: str) -> str:
    """Return a text as it stands in an attribute; XML has no control characters."""
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return escape(printable, {'"': "&quot;"})


@cache
def _ucds() -> dict[str, str]:
    """Return the UCD of each column that has one, by its name."""
    with UCDS.open(newline="") as file:
        return {row["column"]: row["ucd"] for row in csv.DictReader(file)}
