"""Text in columns, and numbers that are written as text."""

import pyarrow as pa
import pyarrow.compute as pc

_INTEGER = r"^[+-]?[0-9]+$"
_REAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def is_text(type_: pa.DataType) -> bool:
    """Return whether it is one of Arrow's types of text.

    >>> is_text(pa.large_string())
    True
    """
    kinds = pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view
    return any(is_kind(type_) for is_kind in kinds)


def reals(column: pa.Array) -> pa.Array:
    """Return the real numbers that a column of text holds; null where a text is no number.

    Correctly rounded, by Arrow. (pandas' ``to_numeric`` lets exponents run over:
    ``0.1e4294967297`` is 1.0 there.) What a double cannot hold is null, as are the words
    ``inf`` and ``nan``: they are no number.

    Parameters
    ----------
    column : pyarrow.Array of text, shape (n,)

    Returns
    -------
    pyarrow.Array of float64, shape (n,)

    Examples
    --------
    >>> reals(pa.array([" 1.5", "-2E3", "1e400", "nan", "1,5", ""])).to_pylist()
    [1.5, -2000.0, None, None, None, None]
    """
    numbers = _matching(column, _REAL).cast(pa.float64())
    return pc.if_else(pc.is_finite(numbers), numbers, None)


def integers(column: pa.Array) -> pa.Array:
    """Return those texts of a column that are integers in decimal digits; the others null.

    They stay text, without a plus: Arrow's cast to an integer would also take ``0x10``.

    >>> integers(pa.array(["+12", "0x10", "1.0", " 7 "])).to_pylist()
    ['12', None, None, '7']
    """
    return pc.utf8_ltrim(_matching(column, _INTEGER), "+")


def _matching(column: pa.Array, pattern: str) -> pa.Array:
    text = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    return pc.if_else(pc.match_substring_regex(text, pattern), text, None)
