"""Fields of items from packets of several schemas as one set of columns."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa


def common(given: Iterable[Mapping[str, pa.DataType]]) -> tuple[dict[str, pa.DataType], list[str]]:
    """Return the fields of all schemas, each in one type, and those for which there is none.

    Parameters
    ----------
    given : iterable of mapping of str to pyarrow.DataType
        Integers, double, text and booleans.

    Returns
    -------
    fields : dict of str to pyarrow.DataType
        In the schemas' order; what one lacks stands behind what it follows in another.
    unlike : list of str
        Fields that are in none: a number here and text there, or lists, which no history of a
        survey has.

    Examples
    --------
    >>> one, other = {"jd": pa.float64(), "fid": pa.int32()}, {"jd": pa.float64(), "b": pa.string()}
    >>> list(common([one, other])[0])
    ['jd', 'b', 'fid']
    """
    types: dict[str, list[pa.DataType]] = {}
    names: list[str] = []
    for schema in given:
        at = 0
        for name, type_ in schema.items():
            if name not in types:
                names.insert(at, name)
                types[name] = []
            at = names.index(name) + 1
            types[name].append(type_)
    found = {name: _one_of(types[name]) for name in names}
    fields = {name: type_ for name, type_ in found.items() if type_ is not None}
    return fields, [name for name in names if found[name] is None]


def _one_of(types: Sequence[pa.DataType]) -> pa.DataType | None:
    """Return a type that holds the values of all, exactly; None if there is none."""
    some = {_plain(type_) for type_ in types if not pa.types.is_null(type_)}
    if len(some) <= 1:
        (one,) = some or {pa.null()}
        return None if pa.types.is_nested(one) else one
    if some == {pa.int32(), pa.int64()}:
        return pa.int64()
    return pa.float64() if some == {pa.int32(), pa.float64()} else None


def _plain(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(type_):
        return pa.string()
    if pa.types.is_integer(type_):
        return pa.int32() if type_.bit_width < 32 or type_ == pa.int32() else pa.int64()
    return type_


def columns_in(
    fields: Mapping[str, pa.DataType], arrays: Mapping[str, pa.Array], rows: int
) -> dict[str, pa.Array]:
    """Return columns in some types; null where there are none."""
    return {
        name: arrays[name].cast(type_) if name in arrays else pa.nulls(rows, type_)
        for name, type_ in fields.items()
    }
