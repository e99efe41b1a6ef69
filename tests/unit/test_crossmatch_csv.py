"""Values of a CSV are what was written: no text altered, no digit lost."""

import csv
from pathlib import Path

import pytest

from pipeline.crossmatch.readers import read_catalog


def _column(path: Path, words: str, text: tuple[str, ...] = ()) -> list:
    path.write_text("v,other\n" + "".join(f"{word},0\n" for word in words.split("|")))
    (batch,) = read_catalog(path, ["v"], text).batches
    return batch["v"].to_pylist()


def test_quotes_are_those_of_the_standard(tmp_path):
    path = tmp_path / "c.csv"
    words = '"""q"""|"a,b"|"""x"" y ""z"""|plain'
    values = _column(path, words)
    with path.open(newline="") as stream:
        assert values == [row["v"] for row in csv.DictReader(stream)]
    assert values[0] == '"q"'


def test_quotes_behind_blanks(tmp_path):
    assert _column(tmp_path / "c.csv", ' "a" |"b" | c ') == ["a", "b", "c"]


@pytest.mark.parametrize("text", [(), ("v",)])
def test_text_stays_text(tmp_path, text):
    words = "NA|nan|null|N/A|NGC 1"
    assert _column(tmp_path / "c.csv", words, text) == words.split("|")
    assert _column(tmp_path / "c.csv", "a||b", text) == ["a", None, "b"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1|NA|3", [1, None, 3]),
        ("1.5|null|nan", [1.5, None, None]),
        ("true|N/A", [True, None]),
        ("+5|9007199254740993", [5, 9007199254740993]),
        ("1105522281015015001|1.5", ["1105522281015015001", "1.5"]),
        ("1000000000000000000|1.5", [1e18, 1.5]),  # exact
        (f"{'9' * 400}|1.5", ["9" * 400, "1.5"]),
    ],
)
def test_numbers_lose_no_digits(tmp_path, words, expected):
    values = _column(tmp_path / "c.csv", words)
    assert (values, [type(v) for v in values]) == (expected, [type(v) for v in expected])
