"""What FITS tables say is undefined is null, and text is what was written.

Expected values are of the FITS Standard 4.0, sections 7.2 and 7.3.
"""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from pipeline.crossmatch.readers import read_catalog


def _column(path: Path, name: str) -> list:
    return [
        value for batch in read_catalog(path, [name]).batches for value in batch[name].to_pylist()
    ]


def _add_cards(path: Path, **cards: object) -> None:
    """Write cards into the first table's header, whose stored numbers stay as they are."""
    content = path.read_bytes()
    end = content.index(b"END".ljust(80), fits_block := 2880)
    text = "".join(f"{k:8}= {v:>20}".ljust(80) for k, v in cards.items()).encode()
    after = fits_block + -(-(end + 80 - fits_block) // 2880) * 2880
    header = content[:end] + text + b"END".ljust(80)
    assert len(header) <= after
    path.write_bytes(header.ljust(after) + content[after:])


@pytest.mark.parametrize(
    ("form", "cards", "expected"),
    [
        ("J", {"TNULL1": 3, "TSCAL1": 0.5}, [0.5, 1.0, None, 3.0]),
        ("I", {"TNULL1": 3, "TZERO1": 32768}, [32769, 32770, None, 32774]),
        ("J", {"TNULL1": 3, "TSCAL1": 3.0}, [3.0, 6.0, None, 18.0]),
        ("B", {"TNULL1": 3, "TZERO1": -128}, [-127, -126, None, -122]),
        ("K", {"TNULL1": 3}, [1, 2, None, 6]),
    ],
)
def test_null_is_a_stored_number(tmp_path, form, cards, expected):
    path = tmp_path / "c.fits"
    column = fits.Column("n", form, array=np.array([1, 2, 3, 6]))
    fits.BinTableHDU.from_columns([column]).writeto(path)
    _add_cards(path, **cards)
    assert _column(path, "n") == expected


def test_an_undefined_logical(tmp_path):
    path = tmp_path / "c.fits"
    column = fits.Column("f", "L", array=np.array([True, False, True]))
    fits.BinTableHDU.from_columns([column]).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content[:-2880] + b"TF\0" + content[-2877:])
    assert _column(path, "f") == [True, False, None]


@pytest.mark.parametrize(("form", "null"), [("I6", "----"), ("I6", "-9"), ("F6.2", "----")])
def test_nulls_of_ascii_tables(tmp_path, form, null):
    path = tmp_path / "c.fits"
    column = fits.Column("n", form, array=np.array([1, 7]), null=null)
    fits.TableHDU.from_columns([column]).writeto(path)
    content = path.read_bytes()
    row = content[-2880:][:12]
    path.write_bytes(content[:-2880] + row[:6] + null.rjust(6).encode() + content[-2868:])
    assert _column(path, "n") == [1, None]


def test_text_is_utf8_or_else_latin1(tmp_path):
    path = tmp_path / "c.fits"
    words = np.array([b"a", "é".encode(), "é".encode("latin-1"), b" b "], dtype="S4")
    column = fits.Column("t", "4A", array=np.array([b"a"] * 4, "S4"))
    fits.BinTableHDU.from_columns([column]).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content[:-2880] + words.tobytes().ljust(2880, b"\0"))
    assert _column(path, "t") == ["a", "é", "é", " b"]
