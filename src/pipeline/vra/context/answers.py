"""Sherlock's answers as files: one a place, dated and hashed, so that results repeat offline."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.io.atomic import write_json
from pipeline.io.json_file import read_json

HOUR_S = 3600.0
_CLASSIFICATIONS, _CROSSMATCHES = "classifications", "crossmatches"


class Place(NamedTuple):
    """A position [deg, ICRS], to 1e-5 deg, 0.04 arcsec: an object's alerts share it, mostly."""

    ra: float
    dec: float

    @classmethod
    def of(cls, ra: float, dec: float) -> "Place":
        """Return the place of a position.

        >>> Place.of(359.999999, -0.000001)
        Place(ra=0.0, dec=0.0)
        """
        return cls(round(ra, 5) % 360.0, round(dec, 5) + 0.0)

    @property
    def name(self) -> str:
        """Return what its file is called.

        >>> Place(1.5, -20.25).name
        '001.50000-20.25000.json'
        """
        return f"{self.ra:09.5f}{self.dec:+09.5f}.json"


class Known(NamedTuple):
    """What Sherlock says of a place; of its first source, which may be none."""

    classification: str
    catalogue: str | None = None
    object_id: str | None = None
    separation_arcsec: float | None = None
    separation_kpc: float | None = None


class Answers:
    """A folder of answers.

    Parameters
    ----------
    folder : Path
        Made when the first answer is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, place: Place) -> bool:
        return (self.folder / place.name).exists()

    def keep(self, place: Place, url: str, content: bytes) -> None:
        """Write an answer, whole or not at all.

        Raises
        ------
        ValueError
            If it is none of Sherlock's: nothing is kept.
        """
        try:
            answer = json.loads(content, parse_constant=_no_number)
        except ValueError as error:
            raise ValueError(f"{url}: JSON was expected, not {content[:60]!r}") from error
        _known(answer, f"{url}, {place.name}")
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {
            "url": url,
            "ra": place.ra,
            "dec": place.dec,
            "date": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "sha256": _hash(answer),
            "answer": answer,
        }
        write_json(kept, self.folder / place.name)

    def read(self, place: Place) -> Known:
        """Return what was answered.

        Raises
        ------
        ValueError
            If the file is damaged, or its answer is no more what was kept.
        """
        path = self.folder / place.name
        kept = read_json(path)
        if not isinstance(kept, dict) or not {"answer", "sha256"} <= set(kept):
            raise ValueError(f"{path}: is no answer of Sherlock's: delete it to ask again")
        if _hash(kept["answer"]) != kept["sha256"]:
            raise ValueError(f"{path}: the answer is not what was kept: delete it to ask again")
        return _known(kept["answer"], str(path))

    def seconds_until_fewer(self, number: int) -> float:
        """Return how long it takes until fewer than so many answers are of the last hour [s]."""
        now = time.time()
        recent = sorted(age for age in self._ages(now) if age < HOUR_S)
        return 0.0 if len(recent) < number else HOUR_S - recent[number - 1]

    def _ages(self, now: float) -> Iterator[float]:
        for path in self.folder.glob("*.json"):
            yield max(now - path.stat().st_mtime, 0.0)


def _hash(answer: Any) -> str:
    return hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()


def _known(answer: Any, where: str) -> Known:
    """Return what an answer says.

    Raises
    ------
    ValueError
    """
    try:
        ((classification, *_),) = answer[_CLASSIFICATIONS].values()
        first: dict[str, Any] = next(iter(answer[_CROSSMATCHES]), {})
        if not isinstance(classification, str) or not classification:
            raise TypeError("a classification is a word")
        catalogue, name = first.get("catalogue_table_name"), first.get("catalogue_object_id")
        return Known(
            classification,
            None if catalogue is None else str(catalogue),
            None if name is None else str(name),
            _number(first.get("separationArcsec")),
            _number(first.get("physical_separation_kpc")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{where}: an answer with {_CLASSIFICATIONS} (one) and {_CROSSMATCHES} was expected: "
            f"{error}"
        ) from error


def _no_number(word: str) -> None:
    """Refuse what Python reads as JSON and nobody else does: NaN and such."""
    raise ValueError(f"{word} is no JSON")


def _number(value: Any) -> float | None:
    number = None if value is None else float(value)
    if number is not None and not 0 <= number < float("inf"):
        raise ValueError(f"a separation is no {number}")
    return number
