"""A line of a labels file: four fields, checked when written and when read."""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

COLUMNS = ("candid", "objectId", "label", "timestamp")
"""Of a labels file, as finkvra has them."""
KEYS = {
    "r": "real",
    "x": "extragal",
    "g": "gal",
    "a": "agn",
    "b": "bogus",
    "v": "varstar",
    "s": "skip",
}
"""The key of each label, as in finkvra."""
SKIP = "skip"
"""Looked at, and no opinion."""
UNDO = "undo"
"""Takes back the label before it of the same labeller and alert."""
OPINIONS = tuple(label for label in KEYS.values() if label != SKIP)
MOST_LETTERS = 4096
"""Of a line."""

_CANDID = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_WHO = re.compile(r"\w[\w.@+-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Label:
    """What somebody said of an alert.

    Attributes
    ----------
    candid : int
    object_id : str
    label : str
        One of `KEYS`' values.
    timestamp : str
        When: ISO 8601 in UTC with microseconds, which sorts as text; empty if unknown.
    who : str
        The labeller, by whom the file is called.
    """

    candid: int
    object_id: str
    label: str
    timestamp: str
    who: str


def check_who(who: str) -> str:
    """Return a labeller's name if a file can be called so.

    Raises
    ------
    ValueError
        If it has a separator of paths, starts with a dot, or has other than letters, digits
        and ``._@+-``.
    """
    if not _WHO.fullmatch(who):
        raise ValueError(f"labeller {who!r}: 1 to 64 letters, digits or ._@+-, a letter first")
    return who


def as_utc(text: str) -> str:
    """Return a time as a labels file has it; without a zone it is one in UTC.

    Raises
    ------
    ValueError
        If it is no ISO 8601 time.

    Examples
    --------
    >>> as_utc("2026-12-01T07:00:00+01:00")
    '2026-12-01T06:00:00.000000+00:00'
    """
    try:
        time = datetime.fromisoformat(text.strip())
        zoned = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as error:  # year 1 or 9999 in another zone
        raise ValueError(f"{text!r} is no time") from error


def now() -> str:
    """Return the time as a labels file has it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def line_of(candid: int, object_id: str, label: str, timestamp: str) -> bytes:
    r"""Return a line with its end.

    >>> line_of(1, "ZTF18abc", "real", "2026-12-01T06:00:00.000000+00:00")
    b'1,ZTF18abc,real,2026-12-01T06:00:00.000000+00:00\n'

    Raises
    ------
    ValueError
        If the candid is no integer of 64 bits or the label is none of `KEYS` nor `UNDO`.
    """
    if isinstance(candid, bool) or not -(2**63) <= candid < 2**63:
        raise ValueError(f"a candid is an integer of 64 bits (found {candid!r})")
    if label not in (*KEYS.values(), UNDO):
        raise ValueError(f"a label is one of {', '.join(KEYS.values())} (found {label!r})")
    # names come from packets: one line stays one line
    plain = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], object_id)[: MOST_LETTERS // 4]
    if any(letter in plain for letter in ',"'):
        plain = '"' + plain.replace('"', '""') + '"'
    return f"{candid},{plain},{label},{timestamp}\n".encode()


@lru_cache(1 << 16)
def read_line(line: bytes, who: str) -> tuple[Label, str]:
    """Read a line, without its end; return also what is odd about it, or nothing.

    Lines are remembered: a file that is labelled into is read again at each label.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    if len(line) > MOST_LETTERS * 4:
        raise ValueError(f"a line of at most {MOST_LETTERS * 4} bytes was expected")
    if b"\0" in line:
        raise ValueError("text was expected, not NUL bytes")
    try:
        fields = next(csv.reader([line.decode()], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"a line of CSV in UTF-8 was expected ({error})") from error
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{','.join(COLUMNS)} were expected, not {len(fields)} fields")
    candid, object_id, label, time = fields
    if not _CANDID.fullmatch(candid) or not -(2**63) <= int(candid) < 2**63:
        raise ValueError(f"a candid, an integer of 64 bits, was expected, not {candid[:40]!r}")
    if label not in (*KEYS.values(), UNDO):
        expected = ", ".join((*KEYS.values(), UNDO))
        raise ValueError(f"a label ({expected}) was expected, not {label[:40]!r}")
    try:
        timestamp, odd = as_utc(time), ""
    except ValueError:
        odd = f"an ISO 8601 time was expected, not {time[:40]!r}: the label counts as the oldest"
        timestamp = ""
    return Label(int(candid), object_id, label, timestamp, who), odd
