"""An Arrow table as pandas, polars or astropy has it: integers whole, nulls kept, units told."""

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa

Form = Literal["pandas", "astropy", "polars", "arrow"]


def in_form(table: pa.Table, form: Form) -> Any:
    """Return a table as a library has it.

    Parameters
    ----------
    table : pyarrow.Table
        Units in the metadata of its fields (`pipeline.io.tables.field`).
    form : {"pandas", "astropy", "polars", "arrow"}
        pandas: integers, flags and text with nulls have pandas' own nullable types, the units
        stand in ``frame.attrs["units"]``. astropy: a masked Table with units. polars: it has no
        units.

    Returns
    -------
    pandas.DataFrame, astropy.table.Table, polars.DataFrame or pyarrow.Table

    Raises
    ------
    ValueError
        If the form is none of these.
    ImportError
        If the library is not installed.
    """
    if form not in get_args(Form):
        raise ValueError(f"form {form!r}: expected one of {', '.join(get_args(Form))}")
    makers: dict[str, Callable[[pa.Table], Any]] = {
        "pandas": _pandas, "astropy": _astropy, "polars": _polars, "arrow": lambda given: given,
    }  # fmt: skip
    return makers[form](plain(table))


def plain(table: pa.Table) -> pa.Table:
    """Return a table whose dictionary-encoded columns are text.

    >>> plain(pa.table({"a": pa.array(["x"]).dictionary_encode()})).schema.field("a").type
    DataType(string)
    """
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def units_of(schema: pa.Schema) -> dict[str, str]:
    """Return the unit of each column that has one, as astropy writes it."""
    units = {field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in schema}
    return {name: unit for name, unit in units.items() if unit}


def _pandas(table: pa.Table) -> Any:
    import pandas as pd  # noqa: PLC0415 - heavy

    nullable = {
        pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(),
    }  # fmt: skip
    with_nulls = {f.type for f, c in zip(table.schema, table.columns, strict=True) if c.null_count}
    types = {kind: to for kind, to in nullable.items() if kind in with_nulls}
    frame = table.to_pandas(types_mapper=types.get)
    frame.attrs["units"] = units_of(table.schema)
    return frame


def _polars(table: pa.Table) -> Any:
    try:
        import polars as pl  # noqa: PLC0415 - not installed with Nightmill
    except ImportError as error:
        raise ImportError("polars is not installed here: pip install polars") from error
    return pl.from_arrow(table)


def _astropy(table: pa.Table) -> Any:
    from astropy.table import MaskedColumn, Table  # noqa: PLC0415 - heavy

    units, made = units_of(table.schema), Table()
    for field, column in zip(table.schema, table.columns, strict=True):
        described = (field.metadata or {}).get(b"description", b"").decode() or None
        made[field.name] = MaskedColumn(
            _values(column), mask=np.asarray(column.is_null()), unit=units.get(field.name),
            description=described,
        )  # fmt: skip
    return made


def _values(column: pa.ChunkedArray) -> np.ndarray:
    """Return the values of a column, with something where it is null."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.asarray(column.fill_null("").to_numpy()).astype(str)
    if pa.types.is_primitive(column.type):
        return np.asarray(column.fill_null(pa.scalar(0).cast(column.type)).to_numpy())
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values
