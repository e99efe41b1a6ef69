"""The resolutions of a scan, as text; apart from the section, so that jobs import no pydantic."""

from itertools import pairwise
from typing import NamedTuple

MAX_NSIDE = 2**29


class Level(NamedTuple):
    """One resolution of a scan.

    Around the best fit so far, an area of `extension` pixels of the level before is
    refined to this one; the first level covers the sky and has extension 0.
    """

    nside: int
    extension: int


def parse_nsides(text: str) -> tuple[Level, ...]:
    """Parse and check a progression such as ``"8:0 64:12 512:24"``.

    Raises
    ------
    ValueError
        If it is none: nsides are ascending powers of 2, the first extension is 0 and the
        others are positive.

    Examples
    --------
    >>> parse_nsides("8:0 64:12")
    (Level(nside=8, extension=0), Level(nside=64, extension=12))
    """
    try:
        pairs = [item.split(":") for item in text.split()]
        levels = tuple(Level(int(nside), int(extension)) for nside, extension in pairs)
    except ValueError as error:
        raise ValueError(f"nsides {text!r}: expected nside:extension, …, as 8:0 64:12") from error
    nsides = [level.nside for level in levels]
    if not levels:
        raise ValueError("nsides: there is none")
    for nside in nsides:
        if not 1 <= nside <= MAX_NSIDE or nside & (nside - 1):
            raise ValueError(f"nsides {text!r}: {nside} is no power of 2 up to 2^29")
    if any(b <= a for a, b in pairwise(nsides)):
        raise ValueError(f"nsides {text!r}: the nsides are not in ascending order")
    if levels[0].extension != 0:
        raise ValueError(f"nsides {text!r}: the first extension must be 0, it covers the sky")
    if any(level.extension <= 0 for level in levels[1:]):
        raise ValueError(f"nsides {text!r}: all extensions but the first must be positive")
    return levels


def words_of(text: str) -> str:
    """Return a progression as it stands in a path.

    >>> words_of("8:0 64:12")
    '8-0_64-12'
    """
    return "_".join(text.replace(":", "-").split())


def text_of_words(words: str) -> str:
    """Return a progression as it stands in the configuration.

    >>> text_of_words("8-0_64-12")
    '8:0 64:12'
    """
    return words.replace("-", ":").replace("_", " ")


def parse_words(words: str) -> tuple[Level, ...]:
    """Parse a progression as it stands in a path."""
    return parse_nsides(text_of_words(words))
