"""Pulses as IceCube packs them: I3SuperDST and the masks that select from it.

Formats from IceTray's open source (BSD-2-Clause): `I3SuperDST.cxx`, version 1, and
`I3RecoPulseSeriesMapMask.cxx`, version 2.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import groupby, repeat

import numpy as np

from pipeline.events.icecube.i3objects import Reader

DST_DTYPE = np.dtype(
    [
        ("string", "i2"),
        ("om", "i2"),
        ("time", "f8"),
        ("charge", "f8"),
        ("width", "f8"),
        ("flags", "i2"),
    ]
)
"""One pulse: DOM, time [ns], charge [PE], width [ns], flags (1: local coincidence)."""

FIRST_TIME = -512.0  # the time of code 0 [ns]
FLAGS_HLC, FLAGS_SLC = 7, 2  # ATWD + FADC + local coincidence; FADC
LAST_IN_ICE_OM = 60  # DOMs above are IceTop's, whose charge is logarithmic
SATURATED_HEADER, SATURATED_TIME, SATURATED_CHARGE, SATURATED_WORD = 2**11 - 1, 255, 63, 2**16 - 1


def decode_superdst(content: bytes) -> np.ndarray:
    """Decode the pulses of an I3SuperDST.

    Parameters
    ----------
    content : bytes
        The frame object.

    Returns
    -------
    numpy.ndarray
        Of dtype `DST_DTYPE`, ordered by string, om and time. What was packed: IceTray's own
        `Unpack` would also shift the rare pulse that shares its time with the next one.

    Raises
    ------
    ValueError
        If it is of another version or damaged.
    """
    reader = Reader(content, "I3SuperDST", version=1)
    try:
        reader.skip(4)  # class info of the vectors and of their sizes
        words = np.frombuffer(reader.bytes(2 * _size(reader)), "<u2").tolist()
        stamps = iter(words)
        reader.skip(2)
        headers = np.frombuffer(reader.bytes(2 * _size(reader)), "<u2").tolist()
        reader.skip(2)
        widths = [_runs(reader.bytes(_size(reader)), len(words)) for _ in range(4)]
        high_charges = iter(reader.bytes(_size(reader)))
        rows, start = [], FIRST_TIME
        for header in headers:
            readout = _readout(header, stamps, widths, high_charges, start)
            rows += readout
            start = readout[0][2]
        if next(stamps, None) is not None:
            raise ValueError("I3SuperDST: charge stamps are left over")
    except (StopIteration, RuntimeError, struct.error) as error:
        raise ValueError("I3SuperDST: cut short") from error
    pulses = np.array(rows, DST_DTYPE)
    return pulses[np.lexsort((pulses["time"], pulses["om"], pulses["string"]))]


def _readout(
    header: int,
    stamps: Iterator[int],
    widths: Sequence[Iterator[int]],
    high_charges: Iterator[int],
    reference: float,
) -> list[tuple[int, int, float, float, float, int]]:
    """Return the pulses of one launch of one DOM; each time is relative to the one before."""
    string, om = header >> 6 & 0x7F, (header & 0x3F) + 1
    in_ice = om <= LAST_IN_ICE_OM
    high_time, saturated = (header >> 13) << 8, SATURATED_HEADER
    rows, stop = [], False
    while not stop:
        stamp = next(stamps)
        stop, hlc = bool(stamp & 0x8000), bool(stamp & 0x4000)
        time, charge = high_time | stamp & 0xFF, stamp >> 8 & 0x3F
        if time == saturated:
            time += _overflow(stamps)
        if in_ice:
            if charge == SATURATED_CHARGE:
                charge += _overflow(stamps)
            pe = charge * 0.05 + 0.025
        else:
            pe = 10.0 ** ((charge | next(high_charges) << 6) * 9.0 / (2**14 - 1) - 2.0)
        reference += time
        width = float(1 << next(widths[2 * (not in_ice) + hlc]))
        rows.append((string, om, reference, pe, width, FLAGS_HLC if hlc else FLAGS_SLC))
        high_time, saturated = 0, SATURATED_TIME
    return rows


def _overflow(stamps: Iterator[int]) -> int:
    """Return what did not fit into a stamp: following words, until one is not saturated."""
    total = word = next(stamps)
    while word == SATURATED_WORD:
        word = next(stamps)
        total += word
    return total


def _size(reader: Reader) -> int:
    """Return a length: one byte, or from 0xff - 8 on the number of bytes that hold it."""
    tag = reader.number("B")
    return tag if tag < 0xFF - 8 else int.from_bytes(reader.bytes(0xFF - tag), "little")


def _runs(codes: bytes, most: int) -> Iterator[int]:
    """Expand runs: low 4 bits a value, high 4 bits digits of its run length, lowest first.

    No run is longer than `most`: a few bytes could spell one of 2**64.

    >>> list(_runs(bytes([0x23, 0x01, 0x11]), 18))
    [3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    """
    for value, run in groupby(codes, lambda code: code & 0xF):
        digits = [code >> 4 for code in run]
        length = most if any(digits[16:]) else sum(d << 4 * i for i, d in enumerate(digits[:16]))
        yield from repeat(value, min(most, length))


def decode_mask(content: bytes) -> tuple[str, np.ndarray, list[np.ndarray]]:
    """Decode an I3RecoPulseSeriesMapMask.

    Returns
    -------
    str
        Name of what it selects from.
    numpy.ndarray of bool
        One a DOM of that.
    list of numpy.ndarray of bool
        For each selected DOM, one a pulse.

    Raises
    ------
    ValueError
        If it is of another version or damaged.
    """
    reader = Reader(content, "I3RecoPulseSeriesMapMask", version=2)
    source = reader.string()
    reader.skip(2)
    doms = _bits(reader)
    reader.skip(2)
    elements = [_bits(reader) for _ in range(reader.number("I"))]
    if len(elements) != doms.sum():
        raise ValueError("I3RecoPulseSeriesMapMask: not one mask a DOM")
    return source, doms, elements


def _bits(reader: Reader) -> np.ndarray:
    size, padding = reader.number("H"), reader.number("B")
    if padding > 8 * size:
        raise ValueError("I3RecoPulseSeriesMapMask: more padding than bits")
    bits = np.unpackbits(np.frombuffer(reader.bytes(size), np.uint8), bitorder="little")
    return bits[: 8 * size - padding].astype(bool)


def apply_mask(pulses: np.ndarray, doms: np.ndarray, elements: list[np.ndarray]) -> np.ndarray:
    """Return the pulses that a mask selects; they are ordered by DOM and time.

    Raises
    ------
    ValueError
        If the mask was made for other pulses.
    """
    dom = pulses["string"].astype(int) * 100 + pulses["om"]
    _, counts = np.unique(dom, return_counts=True)
    if len(counts) != len(doms) or any(
        len(e) != n for e, n in zip(elements, counts[doms], strict=True)
    ):
        raise ValueError("the mask was made for other pulses than these")
    chosen = np.repeat(doms, counts)
    chosen[chosen] = np.concatenate([*elements, np.zeros(0, bool)])
    return pulses[chosen]
