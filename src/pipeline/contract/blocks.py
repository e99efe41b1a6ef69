"""What a part of the morning page is made of: plain values that `pipeline.report` draws.

A domain's maker returns these and no HTML: what comes from packets, names and files is text here,
and is escaped in one place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column of a `Table`.

    Attributes
    ----------
    name : str
        Its heading, with the unit.
    digits : int or None
        After the point, of floats.
    """

    name: str
    digits: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first of a row names it. A cell that is None is shown as a dash.

    Attributes
    ----------
    caption : str
        What a row is.
    columns : sequence of Column
    rows : sequence of sequence of Cell
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Lines:
    """A list, each line an entry."""

    entries: Sequence[str]


@dataclass(frozen=True)
class Copy:
    """Text to copy as it is: one click chooses all of it.

    Attributes
    ----------
    caption : str
    text : str
    """

    caption: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes
    ----------
    content : bytes
    kind : str
        ``png`` or ``webp``.
    width, height : int
        Of the picture [pix].
    alt : str
        What it shows, for who does not see it: the result.
    caption : str
    """

    content: bytes
    kind: str
    width: int
    height: int
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Histogram:
    """How something is distributed, beside how it usually is.

    Attributes
    ----------
    title : str
        What is counted.
    axis : str
        Of what, with the unit.
    edges : sequence of float
        The n + 1 edges of the bins.
    counts : sequence of int
        n counts.
    usual : sequence of float or None
        n counts of a night as the earlier ones: the median of their shares, times this night's
        number.
    nights : int
        How many earlier nights that is of.
    outside : int
        How many lie outside of all bins.
    """

    title: str
    axis: str
    edges: Sequence[float]
    counts: Sequence[int]
    usual: Sequence[float] | None = None
    nights: int = 0
    outside: int = 0


@dataclass(frozen=True)
class Sky:
    """Where something lies: a number for each pixel of a HEALPix map that has any.

    Attributes
    ----------
    title : str
    order : int
        nside is 2**order; pixels are nested, ICRS.
    pixels, counts : sequence of int
    """

    title: str
    order: int
    pixels: Sequence[int]
    counts: Sequence[int]


@dataclass(frozen=True)
class Group:
    """Blocks under a heading of their own.

    Attributes
    ----------
    title : str
    blocks : sequence of Block
    folded : bool
        Whether one has to open it.
    """

    title: str
    blocks: "Sequence[Block]"
    folded: bool = False


Block = Table | Words | Lines | Copy | Picture | Histogram | Sky | Group


@dataclass(frozen=True)
class Outline:
    """A region to draw on the sky of the night.

    Attributes
    ----------
    name : str
    ra, dec : float
        The best position, ICRS [deg].
    polygons : sequence of sequence of (float, float)
        Right ascension and declination [deg] of the corners.
    """

    name: str
    ra: float
    dec: float
    polygons: Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Section:
    """A domain's part of the page.

    Attributes
    ----------
    blocks : sequence of Block
    alarms : sequence of str
        What needs a person now, a line each.
    problems : sequence of str
        What went wrong or is unlike the nights before, a line each.
    looked : sequence of str
        What was looked at, such as ``"588 alerts of 320 objects"``.
    outlines : sequence of Outline
    origin : sequence of sequence of Cell
        What was used: what it is, its version or size, its hash or source.
    """

    blocks: Sequence[Block] = ()
    alarms: Sequence[str] = ()
    problems: Sequence[str] = ()
    looked: Sequence[str] = ()
    outlines: Sequence[Outline] = ()
    origin: Sequence[Sequence[Cell]] = ()


def plain(value: Any) -> Any:
    """Return blocks as values for JSON: all their numbers and words, of pictures the hash.

    >>> plain(Table("models", [Column("name")], [["braai"]]))["rows"]
    [['braai']]
    """
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    named = {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    return {"block": type(value).__name__.lower(), **named}


@dataclass(frozen=True)
class Ranking:
    """Alerts that are worth a look, the best first.

    Attributes
    ----------
    name : str
        Of the list, such as the filter's.
    words : str
        What the order is, and what was left out.
    candids : sequence of int
    values : sequence of float or None
        By which they are ranked, largest first, then by magnitude; None where just that counts.
    general : bool
        Whether it is one of several ways to find the best of a night: the page takes that of
        the last of its parts that has one.
    """

    name: str
    words: str
    candids: Sequence[int]
    values: Sequence[float] | None = None
    general: bool = False


@dataclass(frozen=True)
class Reads:
    """What a maker gets of a night.

    Attributes
    ----------
    survey, night : str
    files : mapping of str to sequence of str
        Under the names that the domain's `pipeline.contract.page.Page` gives them; files that
        could not be made are not there.
    settings : mapping
        The domain's, plain values.
    facts : mapping
        What the domain's ``facts`` found; empty while it looks.
    earlier : sequence of mapping
        The same of earlier nights, newest first, 30 at most.
    span : (float, float) or None
        Julian dates (UTC) of the first and the last alert; None without any.
    """

    survey: str
    night: str
    files: Mapping[str, Sequence[str]]
    settings: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    earlier: Sequence[Mapping[str, Any]] = ()
    span: tuple[float, float] | None = None
