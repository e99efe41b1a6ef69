"""VOTables, looked through before astropy reads them: nothing from elsewhere, no bombs.

Source of the elements: VOTable 1.4 (IVOA Recommendation), sections 4 and 5.
"""

import math
from pathlib import Path
from xml.parsers import expat

from pipeline.crossmatch.unpack import unpacked

ROW_VALUES = 100_000
"""Of a row at most, those in arrays and letters of text counted."""
MAX_WIDTH = 100_000
"""Of a value in letters, which astropy tries out as it reads."""
ROW_BYTES = 4
"""Of a row in the file at least: <TR>, or a value of BINARY in base64."""


def check_votable(path: Path) -> None:
    """Raise where astropy would open another file or an address, or run out of memory.

    Raises
    ------
    ValueError
        If a STREAM has an href, the document defines entities, or its sizes are impossible.
    xml.parsers.expat.ExpatError
        If it is no XML.
    """
    checks = _Checks()
    parser = expat.ParserCreate()
    parser.StartElementHandler = checks.element
    parser.EntityDeclHandler = checks.entity
    with unpacked(path) as stream:
        parser.ParseFile(stream)
    checks.finish(parser.CurrentByteIndex)


class _Checks:
    def __init__(self) -> None:
        self.rows = 0
        self.tables: list[list[float]] = []

    def entity(self, name: str, *_: object) -> None:
        raise ValueError(f"it defines an entity, {name!r}, which no VOTable needs")

    def element(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2].upper()
        if tag in ("STREAM", "PARQUET", "FITS"):
            self._data_from_elsewhere(tag, attributes)
        elif tag == "TABLE":
            self.tables.append([])
            self.rows = max(self.rows, _size("nrows", attributes.get("nrows", "0")))
        elif tag in ("FIELD", "PARAM"):
            if (width := _size("width", attributes.get("width", "0"))) > MAX_WIDTH:
                raise ValueError(f"width is {width}, at most {MAX_WIDTH} is possible")
            self._values(tag, attributes)
        elif tag in ("BINARY", "BINARY2") and self.tables and not any(self.tables[-1]):
            raise ValueError(f"its {tag} has rows of no length")

    def _data_from_elsewhere(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "STREAM":
            raise ValueError(f"its data are {tag}, and not of its own: give that file itself")
        if "href" in attributes:
            raise ValueError(
                f"its data lie elsewhere, STREAM has href={attributes['href']!r}: "
                "fetch that yourself and make one file of it"
            )

    def _values(self, tag: str, attributes: dict[str, str]) -> None:
        fixed = attributes.get("arraysize", "1").replace("s", "").split("x")
        sizes = [_size("arraysize", part.strip("* ") or "1") for part in fixed]
        values = math.prod(sizes)
        row = self.tables[-1] if self.tables and tag == "FIELD" else []
        row.append(values)
        if sum(row) > ROW_VALUES:
            raise ValueError(f"its rows have more than {ROW_VALUES} values")

    def finish(self, size: int) -> None:
        if self.rows * ROW_BYTES > size:
            raise ValueError(f"nrows is {self.rows}, more than its {size} bytes can hold")


def _size(name: str, text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 18:
        raise ValueError(f"{name} is {text[:50]!r}, and no number of anything")
    return int(text)
