"""Items of histories as MongoDB's sets have them: distinct, and in the order of its documents.

Documents are compared field by field, those that both have: first the kind of the value (numbers,
text, booleans), then the field's name, then the value; one that has no further field comes first.
https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Fields = Mapping[str, pa.Array]
"""Columns of n items, null where one lacks the field; the first is what they are sorted by."""

_NUMBER, _TEXT, _BOOLEAN = 10, 15, 40


def distinct(owner: Rows, known: NDArray[np.float64], fields: Fields) -> Rows:
    """Return which items are kept: of equal ones of an owner that which was known first.

    Parameters
    ----------
    owner : numpy.ndarray, int64, shape (n,)
        Whose item it is.
    known : numpy.ndarray, float64, shape (n,)
        When it was known.
    fields : mapping of str to pyarrow.Array, n rows each
        The first is their time, a number.

    Returns
    -------
    numpy.ndarray, int64
        Numbers of items, sorted by owner, then by time (without one first), then as MongoDB does.
    """
    time = times_of(fields)
    content = _content(fields)
    order = np.lexsort((known, content, time, owner))
    new = _changes(owner[order], time[order], content[order])
    rows = order[new]
    return rows[_within_times(owner[rows], time[rows], rows, fields)]


def times_of(fields: Fields) -> NDArray[np.float64]:
    """Return the first field; -inf where there is none."""
    time = next(iter(fields.values())).cast(pa.float64())
    return np.asarray(pc.fill_null(time, -np.inf))


def first_of_each_time(owner: Rows, time: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of some sorted items is the first of its owner and time, (n,) bool."""
    return _changes(owner, time)


def first_for_somebody(
    owner: Rows, time: NDArray[np.float64], known: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which of some sorted items was once the first of its owner and time, (n,) bool.

    One before which there is another that was known as early never was.
    """
    if not owner.size:
        return np.zeros(0, bool)
    group = np.cumsum(_changes(owner, time)) - 1
    values, rank = np.unique(known, return_inverse=True)
    # Each group's numbers lie below those of the group before: so the minimum begins anew.
    falling = rank - group * (values.size + 1)
    least = np.minimum.accumulate(falling)
    return np.concatenate([[True], falling[1:] < least[:-1]])


def _changes(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return where a sorted row differs from the one before it."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _within_times(
    owner: Rows, time: NDArray[np.float64], rows: Rows, fields: Fields
) -> NDArray[np.int64]:
    """Return the order of distinct items that are sorted by owner and time alone."""
    order = np.arange(rows.size)
    group: Rows = np.cumsum(_changes(owner, time))
    tied = np.flatnonzero(_shared(group))
    if not tied.size:
        return order
    few = {name: array.take(pa.array(rows[tied])) for name, array in fields.items()}
    place: Rows = np.arange(tied.size)
    within: Rows = group[tied]
    ranks, numbers = _ranks(few), [_comparable(array) for array in few.values()]
    for rank, number in zip(ranks, numbers, strict=True):
        open_ = np.flatnonzero(_shared(within))
        if not open_.size:
            break
        at = place[open_]
        by = np.lexsort((number[at], rank[at], within[open_]))
        place[open_] = at[by]
        differs = _changes(within[open_], rank[at[by]], number[at[by]])
        new = _changes(within)
        new[open_] |= differs
        within = np.cumsum(new)
    order[tied] = tied[place]
    return order


def _shared(group: Rows) -> NDArray[np.bool_]:
    """Return which rows of sorted groups are not alone in theirs."""
    same = group[1:] == group[:-1]
    shared = np.zeros(group.size, bool)
    shared[1:] |= same
    shared[:-1] |= same
    return shared


def _ranks(fields: Fields) -> list[NDArray[np.int64]]:
    """Return for each field which is the next that an item has: its kind and name as a number."""
    names = sorted(fields, key=lambda name: (_kind(fields[name].type), name.encode()))
    number = {name: i for i, name in enumerate(names)}
    rows = len(next(iter(fields.values())))
    after, found = np.full(rows, -1), []
    for name, array in reversed(list(fields.items())):
        after = np.where(np.asarray(array.is_valid()), number[name], after)
        found.append(after)
    return found[::-1]


def _kind(type_: pa.DataType) -> int:
    if pa.types.is_boolean(type_):
        return _BOOLEAN
    return _TEXT if pa.types.is_string(type_) else _NUMBER


def _comparable(array: pa.Array) -> NDArray[np.generic]:
    """Return values as numbers that sort as they do; 0 where there is none."""
    kind = array.type
    if pa.types.is_null(kind):
        return np.zeros(len(array))
    if pa.types.is_string(kind):
        coded = array.dictionary_encode()
        words = [word.encode() for word in coded.dictionary.to_pylist()]
        rank = np.empty(len(words) + 1, np.int64)
        rank[np.array(sorted(range(len(words)), key=words.__getitem__), np.int64)] = np.arange(
            len(words)
        )
        rank[-1] = 0
        return rank[np.asarray(pc.fill_null(coded.indices, len(words)))]
    if pa.types.is_boolean(kind):
        return np.asarray(pc.fill_null(array, False)).astype(np.int64)
    values = np.asarray(pc.fill_null(array, 0))
    return np.where(np.isnan(values), -np.inf, values) if values.dtype.kind == "f" else values


def _content(fields: Fields) -> NDArray[np.uint64]:
    """Return a number of 64 bits for what each item holds.

    Only items of one owner and time are told apart by it: two that differ share it once in 1e19.
    """
    rows = len(next(iter(fields.values())))
    total = np.zeros(rows, np.uint64)
    for place, array in enumerate(fields.values(), 1):
        if pa.types.is_null(array.type):
            continue
        values = _comparable(array)
        if values.dtype.kind == "f":
            bits = (values.astype(np.float64) + 0.0).view(np.uint64)  # -0.0 and 0.0 are equal
        else:
            bits = values.astype(np.int64).view(np.uint64)
        mixed = _mixed(bits + np.uint64(place * 0x9E3779B97F4A7C15 % (1 << 64)))
        mixed[np.asarray(array.is_null())] = 0
        total += mixed
    return total


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers whose bits all depend on all bits of the given: splitmix64's last step.

    Steele, Lea & Flood 2014, https://doi.org/10.1145/2660193.2660195
    """
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
