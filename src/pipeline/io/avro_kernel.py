"""The compiled loop that runs an AVRO program over records (see `avro_program`).

It never reads outside a record, whatever the bytes say: every length, count and branch
is checked, and a bad record gets a status instead of values.

Nothing is imported from the package: numba's cache notices changes of a function's own
module only, and would go on with the values that another one had.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

OK = 0
STATUS = {
    1: "truncated record",
    2: "damaged record: a union's branch does not exist",
    3: "damaged record: impossible length",
    4: "record is longer than its schema says",
    5: "damaged record: arrays nested too deep",
    6: "its arrays' items × fields are more values than a packet may have",
}
_TRUNCATED, _BRANCH, _LENGTH, _TRAILING, _DEEP, _MANY = STATUS
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_DEPTH = 8
_MAX_SHIFT = 63

# The operations, as `avro_program` numbers them.
_END, _BOOLEAN, _VARINT, _FLOAT, _DOUBLE, _BYTES, _FIXED, _UNION, _JUMP, _ARRAY, _NEXT, _MARK = (
    range(12)
)


@njit(cache=True)
def _varint(data: Bytes, pos: int, end: int) -> tuple[int, int]:
    """Return (value, next position), the position −1 where the record ends too early."""
    value = np.uint64(0)
    shift = 0
    while pos < end and shift <= _MAX_SHIFT:
        byte = data[pos]
        pos += 1
        value |= np.uint64(byte & 0x7F) << np.uint64(shift)
        if byte < 0x80:
            return int(np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))), pos
        shift += 7
    return 0, -1


@njit(cache=True)
def run(  # noqa: PLR0911, PLR0912, PLR0915
    code: Ints,
    data: Bytes,
    start: int,
    end: int,
    store: bool,
    bases: Ints,
    widths: Ints,
    rows: Ints,
    values: Ints,
    valid: Bytes,
    most: int,
) -> tuple[int, int]:
    """Run the program over one record; one function, since numba inlines no loop of calls.

    Parameters
    ----------
    code : (n,) int64
        The program.
    data : (m,) uint8
        The record lies in ``data[start:end]``.
    store : bool
        Store values; else only count rows.
    bases, widths : (tables,) int64
        First value and row width of each table.
    rows : (tables,) int64
        Rows so far of each table; advanced in place.
    values : (k,) int64
        Row-major values; floats as their bits, strings as position and length.
    valid : (k,) uint8
        1 where a value was read.
    most : int
        Values (rows × widths of the tables) that the record may have.

    Returns
    -------
    status, position : int64
        0 or a key of `STATUS`; the byte behind the record.
    """
    pos = start
    pc = 0
    table = 0
    row_of = np.zeros(widths.size, dtype=np.int64)
    row_of[0] = rows[0]
    rows[0] += 1
    room = most - widths[0]
    if room < 0:
        return _MANY, start
    left = np.zeros(_DEPTH, dtype=np.int64)
    outer = np.zeros(_DEPTH, dtype=np.int64)
    entered = np.full(_DEPTH, -1, dtype=np.int64)
    depth = 0
    while True:
        operation = code[pc]
        if operation == _END:
            return OK, pos
        at = bases[table] + row_of[table] * widths[table]
        if operation == _VARINT:
            value, pos = _varint(data, pos, end)
            if pos < 0:
                return _TRUNCATED, start
            if store:
                values[at + code[pc + 1]] = value
                valid[at + code[pc + 1]] = 1
            pc += 2
        elif operation in (_FLOAT, _DOUBLE, _BOOLEAN):
            size = 4 if operation == _FLOAT else (8 if operation == _DOUBLE else 1)
            if pos + size > end:
                return _TRUNCATED, start
            if store:
                bits = np.uint64(0)
                for i in range(size):
                    bits |= np.uint64(data[pos + i]) << np.uint64(8 * i)
                values[at + code[pc + 1]] = np.int64(bits)
                valid[at + code[pc + 1]] = 1
            pos += size
            pc += 2
        elif operation in (_BYTES, _FIXED):
            if operation == _BYTES:
                size, pos = _varint(data, pos, end)
                if pos < 0:
                    return _TRUNCATED, start
            else:
                size = code[pc + 3]
            if size < 0:
                return _LENGTH, start
            if size > end - pos:
                return _TRUNCATED, start
            if store:
                values[at + code[pc + 1]] = pos
                values[at + code[pc + 2]] = size
                valid[at + code[pc + 1]] = 1
            pos += size
            pc += 3 if operation == _BYTES else 4
        elif operation == _UNION:
            branch, pos = _varint(data, pos, end)
            if pos < 0:
                return _TRUNCATED, start
            if branch < 0 or branch >= code[pc + 1]:
                return _BRANCH, start
            pc = code[pc + 2 + branch]
        elif operation == _JUMP:
            pc = code[pc + 1]
        elif operation == _ARRAY:
            if depth == 0 or entered[depth - 1] != pc:  # the loop is entered, not continued
                if depth == _DEPTH:
                    return _DEEP, start
                entered[depth] = pc
                outer[depth] = table
                left[depth] = 0
                depth += 1
            if left[depth - 1] == 0:  # the next block of items
                count, pos = _varint(data, pos, end)
                if pos >= 0 and count < 0:  # its size in bytes follows, for those who skip
                    _, pos = _varint(data, pos, end)
                    count = -count
                if pos < 0:
                    return _TRUNCATED, start
                # An item has at least one byte in every schema that packets have.
                if count < 0 or count > end - pos:
                    return _LENGTH, start
                left[depth - 1] = count
            if left[depth - 1] == 0:
                depth -= 1
                table = outer[depth]
                entered[depth] = -1
                pc = code[pc + 2]
            else:
                left[depth - 1] -= 1
                table = code[pc + 1]
                row_of[table] = rows[table]
                rows[table] += 1
                room -= widths[table]
                if room < 0:
                    return _MANY, start
                if store:
                    item = bases[table] + row_of[table] * widths[table]
                    values[item] = row_of[outer[depth - 1]]
                    valid[item] = 1
                pc += 3
        elif operation == _MARK:
            if store:
                valid[at + code[pc + 1]] = 1
            pc += 2
        else:  # NEXT
            pc = code[pc + 1]


@njit(cache=True)
def scan(
    code: Ints, data: Bytes, starts: Ints, ends: Ints, widths: Ints, exact: bool, most: int
) -> tuple[Ints, Ints, Ints]:
    """Check records without storing anything.

    Parameters
    ----------
    starts, ends : (n,) int64
        Where each record may be read.
    exact : bool
        A record must fill its range.
    most : int
        Values that a record may have, see `run`.

    Returns
    -------
    status : (n,) int64
    stops : (n,) int64
        The byte behind each record.
    counts : (n, tables) int64
        Rows that it adds to each table.
    """
    n = starts.size
    status = np.zeros(n, dtype=np.int64)
    stops = np.zeros(n, dtype=np.int64)
    counts = np.zeros((n, widths.size), dtype=np.int64)
    nothing = np.zeros(widths.size, dtype=np.int64)
    values = np.zeros(0, dtype=np.int64)
    valid = np.zeros(0, dtype=np.uint8)
    for i in range(n):
        state, stop = run(
            code, data, starts[i], ends[i], False, nothing, widths, counts[i], values, valid, most
        )
        if state == OK and exact and stop != ends[i]:
            state = _TRAILING
        status[i] = state
        stops[i] = stop
    return status, stops, counts


@njit(cache=True)
def boundaries(code: Ints, data: Bytes, count: int, widths: Ints, most: int) -> tuple[Ints, int]:
    """Find where each of `count` records that follow one another ends.

    Parameters
    ----------
    most : int
        Values that all of them may have together, see `run`.

    Returns
    -------
    stops : (k,) int64
        The byte behind each; k < `count` where the data end too early or are damaged.
    status : int64
        0, or why record k cannot be read: a key of `STATUS`.
    """
    stops = np.zeros(count, dtype=np.int64)
    nothing = np.zeros(widths.size, dtype=np.int64)
    rows = np.zeros(widths.size, dtype=np.int64)
    values = np.zeros(0, dtype=np.int64)
    valid = np.zeros(0, dtype=np.uint8)
    pos = 0
    for i in range(count):
        used = (rows * widths).sum()
        state, pos = run(
            code, data, pos, data.size, False, nothing, widths, rows, values, valid, most - used
        )
        if state != OK:
            return stops[:i], state
        stops[i] = pos
    return stops, OK


@njit(cache=True)
def fill(
    code: Ints,
    data: Bytes,
    starts: Ints,
    ends: Ints,
    widths: Ints,
    bases: Ints,
    values: Ints,
    valid: Bytes,
) -> None:
    """Store the values of records that `scan` found good."""
    rows = np.zeros(widths.size, dtype=np.int64)
    for i in range(starts.size):
        run(code, data, starts[i], ends[i], True, bases, widths, rows, values, valid, values.size)


@njit(cache=True)
def gather(data: Bytes, positions: Ints, sizes: Ints, out: Bytes) -> None:
    """Copy byte strings one behind the other into `out`."""
    at = 0
    for i in range(positions.size):
        size = sizes[i]
        out[at : at + size] = data[positions[i] : positions[i] + size]
        at += size
