"""What a parquet file of ours says of its columns, so that the field's readers take it.

Arrow's readers make of a column what the Arrow schema in the file's footer says; astropy's
``parquet`` reader asks that schema's metadata for units and for the lengths of texts, and its
``parquet.votable`` reader and TOPCAT ask a VOTable (`pipeline.io.votable`).
"""

import base64
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.io.text import is_text
from pipeline.io.votable import Votable

_ARROW = "ARROW:schema"
_VERSION, _CONTENT = "IVOA.VOTable-Parquet.version", "IVOA.VOTable-Parquet.content"
_UNITS, _LENGTH = b"table_meta_yaml", b"table::len::"


class StoredSchema:
    """What stands in the footer of one file.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the tables that are written. A column with a dictionary is plain there, as astropy has
        no type for it: what a column is read as has nothing to do with how it is stored.
    """

    def __init__(self, schema: pa.Schema) -> None:
        plain = pa.schema([plain_field(field) for field in schema])
        self._votable, told = _described(plain.serialize().to_pybytes())
        given = schema.metadata or {}
        own = {k: v for k, v in given.items() if k != _UNITS and not k.startswith(_LENGTH)}
        self._schema = plain.with_metadata({**own, **told})
        self._lengths = {field.name: 0 for field in plain if _is_words(field.type)}
        self._flags = {field.name for field in plain if pa.types.is_boolean(field.type)}
        self._with_nulls: set[str] = set()

    def add(self, table: pa.Table) -> None:
        """Note of rows that are written what the VOTable says of them."""
        for name in self._lengths:
            for chunk in table[name].chunks:
                texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
                found = pc.max(pc.binary_length(texts)).as_py() or 0
                self._lengths[name] = max(self._lengths[name], found)
        self._with_nulls |= {name for name in self._flags if table[name].null_count}

    def footer(self) -> dict[str, str]:
        """Return the pairs of the footer, for a file that has what was added."""
        return {
            _ARROW: base64.b64encode(self._schema.serialize()).decode(),
            _VERSION: "1.0",
            _CONTENT: self._votable.text(self._lengths, self._with_nulls),
        }


def plain_field(field: pa.Field) -> pa.Field:
    """Return a field without a dictionary.

    >>> plain_field(pa.field("a", pa.dictionary(pa.int32(), pa.string()))).type
    DataType(string)
    """
    kind = field.type
    return field.with_type(kind.value_type) if pa.types.is_dictionary(kind) else field


def schema_of(files: Iterable[Path]) -> pa.Schema:
    """Return the columns of some tables, each once; those of earlier versions have dictionaries.

    Raises
    ------
    pyarrow.ArrowTypeError
        If a column is of several types.
    """
    return pa.unify_schemas([pa.schema(map(plain_field, pq.read_schema(file))) for file in files])


@lru_cache(64)
def _described(serialized: bytes) -> tuple[Votable, dict[bytes, bytes]]:
    """Return what all files of a schema share: once a process, as shards are small and many."""
    schema = pa.ipc.read_schema(pa.py_buffer(serialized))
    return Votable(schema), _for_astropy(schema)


def _for_astropy(schema: pa.Schema) -> dict[bytes, bytes]:
    """Return what astropy reads: units, and that texts are as long as the longest is (0).

    Without that it looks for the longest itself, and stops at a null, and at no rows.
    """
    lines, lengths = ["datatype:"], {}
    for field in schema:
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        of = f", unit: {_quoted(unit)}" if unit else ""
        lines.append(f"- {{name: {_quoted(field.name)}{of}}}")
        kind = field.type.value_type if _is_list(field.type) else field.type
        if _is_words(kind):
            lengths[_LENGTH + field.name.encode()] = b"0"
    return {_UNITS: "\n".join(lines).encode(), **lengths}


def _is_words(kind: pa.DataType) -> bool:
    return is_text(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)


def _quoted(text: str) -> str:
    """Return a text as YAML has it, in ASCII."""
    plain = (c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
    return f'"{"".join(plain)}"'
