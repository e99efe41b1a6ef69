"""Numbers and names as the page writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

MOST_NAME = 60
"""Letters of a name that comes from a packet: what is longer is cut, and says so."""
_EPOCH_JD = 2440587.5
DASH = "–"


def number(value: Any, digits: int | None = None) -> str:
    """Return a cell as text.

    >>> number(12345), number(None), number(0.98765, 3), number(-0.5, 1), number("x")
    ('12,345', '–', '0.988', '−0.5', 'x')
    """
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        text = f"{value:.6g}" if digits is None else f"{value:.{digits}f}"
        return text.replace("-", "−")
    return str(value)


def cut(name: Any, most: int = MOST_NAME) -> str:
    """Return a name of bounded length.

    >>> cut("ZTF18abcdefg"), cut("x" * 10_000, 5)
    ('ZTF18abcdefg', 'xxxxx… (10,000 letters)')
    """
    text = DASH if name is None or name == "" else str(name)
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} letters)"


def utc(jd: float) -> str:
    """Return a Julian date (UTC) as text, to the second.

    >>> utc(2460311.5)
    '2024-01-02 00:00:00 UTC'
    """
    when = datetime.fromtimestamp(0, UTC) + timedelta(days=jd - _EPOCH_JD)
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def plural(count: int, word: str) -> str:
    """Return a number with its noun.

    >>> plural(1, "night"), plural(2, "night")
    ('1 night', '2 nights')
    """
    return f"{count:,} {word}" + "s" * (count != 1)
