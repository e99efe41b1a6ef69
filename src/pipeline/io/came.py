"""What came from an address, if it cannot be the file: told while it can still be asked again.

A portal that wants a login, or a mirror that is being filled, answers 200 all the same. What was
kept of that would count as the file from then on.
"""

from pathlib import Path

_PAGES = (b"<!doctype html", b"<html")
_PARQUET = (".parquet", ".pq")
_MAGIC = b"PAR1"
"""First and last of a parquet file."""


def wrong_with(data: Path, name: str) -> str | None:
    """Return what a file is instead of that which its name promises; None if that is not seen.

    Parameters
    ----------
    data : Path
    name : str
        Under which it is going to stand.
    """
    size = data.stat().st_size
    with data.open("rb") as stream:
        start = stream.read(1024)
        stream.seek(max(0, size - len(_MAGIC)))
        end = stream.read()
    if not start:
        return "an empty file came"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PAGES):
        return f"a web page came instead of {name}, as of a login"
    if name.lower().endswith(_PARQUET) and not (start.startswith(_MAGIC) and end == _MAGIC):
        return f"{size} bytes came, which are no whole parquet file"
    return None
