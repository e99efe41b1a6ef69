"""Files from the web: retried, resumed, checked, and whole when they appear."""

import hashlib
import os
import time
from pathlib import Path

import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

TRIES = 5
WAIT_SECONDS = 2.0
"""Before the second try; doubled for each further one."""
TIMEOUT_SECONDS = (10.0, 60.0)
CHUNK_BYTES = 1 << 20
_GONE = range(400, 500)


class FetchError(OSError):
    """A file that could not be fetched; the message names its address."""


def fetch(url: str, output: Path, sha256: str | None = None, wait: float = WAIT_SECONDS) -> None:
    """Fetch a file over http or https.

    What has come when the connection breaks, or the job is killed, is kept beside `output`
    (``.<name>.download``) and the rest is asked for, if the server can do that and the
    file is still the same (ETag or date).

    Parameters
    ----------
    url : str
    output : Path
    sha256 : str, optional
        Hexadecimal; what came is thrown away if it differs.
    wait : float
        Seconds before the second try.

    Raises
    ------
    FetchError
        If the server refuses, all tries fail, or the checksum differs.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.download")
    for attempt in range(TRIES):
        try:
            _download(url, partial)
            break
        except requests.RequestException as error:
            if attempt + 1 == TRIES:
                raise FetchError(f"{url}: {error} (tried {TRIES} times)") from error
            time.sleep(wait * 2**attempt)
    if sha256 is not None and (found := _sha256(partial)) != sha256:
        partial.unlink()
        raise FetchError(f"{url}: sha256 is {found}, expected {sha256}")
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    partial.replace(output)
    _tag(partial).unlink(missing_ok=True)


def _download(url: str, partial: Path) -> None:
    have = partial.stat().st_size if partial.exists() and _tag(partial).exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": _tag(partial).read_text()}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer:
        if answer.status_code in _GONE and answer.status_code != 416:
            raise FetchError(f"{url}: {answer.status_code} {answer.reason}")
        if answer.status_code == 416:  # all of it had come, or less is there now
            partial.unlink()
            raise requests.ConnectionError("the server has less than was fetched")
        answer.raise_for_status()
        resumed = answer.status_code == 206
        have = have if resumed else 0
        validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        if validator:
            _tag(partial).write_text(validator)
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        _receive(answer, partial, have, total)


def _receive(answer: requests.Response, partial: Path, have: int, total: int | None) -> None:
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns) as progress, partial.open("ab" if have else "wb") as stream:
        task = progress.add_task(partial.name[1:].removesuffix(".download"), total=total)
        progress.update(task, completed=have)
        for chunk in answer.iter_content(CHUNK_BYTES):
            stream.write(chunk)
            progress.update(task, advance=len(chunk))
        if total is not None and stream.tell() != total:
            raise requests.ConnectionError(f"ended after {stream.tell()} of {total} bytes")


def _tag(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.tag")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
