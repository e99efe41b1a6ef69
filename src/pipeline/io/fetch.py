"""Files from the web: retried, resumed, checked, and whole when they appear.

Source of what is asked and answered: RFC 9110, sections 8.8 (validators), 13.1.5
(If-Range) and 14 (ranges).
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from pipeline.io.atomic import atomic_path
from pipeline.io.came import wrong_with
from pipeline.io.patience import PATIENCE_SECONDS, GivenUpError, Patience
from pipeline.io.progress import meter
from pipeline.io.redirects import SCHEMES, CarefulSession

TRIES = 5
"""How often in a row nothing new may come."""
WAIT_SECONDS = 2.0
"""Before the second try; doubled for each further one."""
TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two pieces of an answer."""
CHUNK_BYTES = 1 << 18

_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_BROKEN = (requests.RequestException, HTTPError)
_WRONG_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.TooManyRedirects,
)

logger = logging.getLogger(__name__)


class FetchError(OSError):
    """A file that could not be fetched; the message names its address."""


def fetch(
    url: str,
    output: Path,
    sha256: str | None = None,
    wait: float = WAIT_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Fetch a file over http or https.

    What has come when the connection breaks, or the job is killed, is kept beside `output`
    (``.<name>.download``) and just the rest is asked for, if the server can do that and the
    file there is still the same (by its ETag or date).

    Parameters
    ----------
    url : str
    output : Path
        Appears when all of it has come.
    sha256 : str, optional
        Hexadecimal; what came is thrown away if it differs.
    wait : float
        Seconds before the second try, doubled for each further one.
    patience : float
        Seconds, whatever is tried in them, after which a server is given up that has not
        sent a further `CHUNK_BYTES` or the end.

    Raises
    ------
    FetchError
        If the address is another than http or https or leads where it may not
        (:mod:`pipeline.io.redirects`), the server refuses or drips, `TRIES` tries in a row
        bring nothing new, the checksum differs, or, where none is given, what came is seen
        not to be the file (:mod:`pipeline.io.came`): nothing of that is kept.
    OSError
        If the file cannot be written.
    """
    if url.partition(":")[0].lower() not in SCHEMES:
        raise FetchError(f"{url}: only addresses of {' and '.join(SCHEMES)} are fetched")
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = _Partial.beside(output, url)
    waiting = Patience(patience)
    try:
        waiting.run(lambda: _complete(partial, wait, waiting))
    except GivenUpError:
        raise FetchError(
            f"{url}: given up, less than {CHUNK_BYTES} bytes came in {patience:g} s; "
            f"{partial.size} are kept"
        ) from None
    except FetchError:
        raise
    except OSError as error:
        error.add_note(f"while writing {output}")
        raise
    if sha256 is not None and (found := _sha256(partial.data)) != sha256:
        partial.discard()
        raise FetchError(f"{url}: sha256 is {found}, expected {sha256}")
    if sha256 is None and (wrong := wrong_with(partial.data, output.name)):
        partial.discard()
        raise FetchError(f"{url}: {wrong}")
    with atomic_path(output) as temporary:
        partial.data.replace(temporary)
    partial.discard()


@dataclass(frozen=True)
class _Partial:
    """What has come of a file so far, and a note of what it is a part of.

    The note stands before the first byte and goes after the last: bytes without one, or
    with that of another address or version of the file, are never added to.
    """

    url: str
    data: Path
    note: Path

    @classmethod
    def beside(cls, output: Path, url: str) -> "_Partial":
        names = (f".{output.name}.download", f".{output.name}.version")
        return cls(url, *map(output.with_name, names))

    @property
    def size(self) -> int:
        return self.data.stat().st_size if self.data.exists() else 0

    def version(self) -> str | None:
        """Return the validator of the file that the bytes are of; None if they are no use."""
        try:
            note = json.loads(self.note.read_text())
        except (OSError, ValueError):
            return None
        return note["validator"] if note["url"] == self.url else None

    def begin(self, validator: str | None) -> None:
        """Throw away what there is, and note what comes now."""
        self.discard()
        if validator is not None:
            self.note.write_text(json.dumps({"url": self.url, "validator": validator}))

    def discard(self) -> None:
        self.data.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _complete(partial: _Partial, wait: float, waiting: Patience) -> None:
    """Download until all is there; tries that brought something new do not count."""
    failures, furthest = 0, 0
    while True:
        try:
            return _download(partial, waiting)
        except _WRONG_ADDRESS as error:
            raise FetchError(f"{partial.url}: {error}") from error
        except _BROKEN as error:
            waiting.check()
            failures = failures + 1 if partial.size <= furthest else 1
            furthest = max(furthest, partial.size)
            if failures == TRIES:
                raise FetchError(f"{partial.url}: {error} (tried {TRIES} times)") from error
            logger.warning("%s: %s; trying again", partial.url, error)
            time.sleep(wait * 2 ** (failures - 1))


def _download(partial: _Partial, waiting: Patience) -> None:
    """Ask for what is missing, once.

    Raises
    ------
    FetchError
        If it is no use to ask again.
    requests.RequestException, urllib3.exceptions.HTTPError
        If it is.
    """
    version = partial.version()
    have = 0 if version is None else partial.size
    # As it is: a tarball whose server calls gzip an encoding must not be unpacked on the way.
    headers = {"Accept-Encoding": "identity"}
    if version is not None and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    with (
        CarefulSession() as session,
        session.get(partial.url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer,
    ):
        waiting.check()  # before what has come is touched
        if have and answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if answer.headers.get("Content-Range") == f"bytes */{have}":
                return  # all of it had come
            partial.discard()
            raise requests.ConnectionError("the server has less than has been fetched")
        _check_status(partial.url, answer)
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                partial.discard()
                raise requests.ConnectionError("the server sent another part than asked for")
        else:
            have = 0
            partial.begin(_validator(answer.headers))
        _receive(answer, partial.data, have, waiting)


def size_at(url: str) -> int | None:
    """Return the size of the file at an address [bytes]; None if the server does not say.

    Raises
    ------
    FetchError
        If there is none, or the server cannot be reached.
    """
    try:
        with (
            CarefulSession() as session,
            session.get(
                url, stream=True, timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"}
            ) as answer,
        ):
            _check_status(url, answer)
            return answer.raw.length_remaining
    except _BROKEN as error:
        raise FetchError(f"{url}: cannot be reached ({type(error).__name__})") from error


def _check_status(url: str, answer: requests.Response) -> None:
    status = answer.status_code
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise requests.HTTPError(f"{status} {answer.reason}")
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise FetchError(f"{url}: {status} {answer.reason}")


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what tells this version of the file from others; weak ETags do not."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")


def _receive(answer: requests.Response, data: Path, have: int, waiting: Patience) -> None:
    length = answer.raw.length_remaining
    total = None if length is None else have + length
    name = data.name[1:].removesuffix(".download")
    with meter(name, have, total) as advance, data.open("ab") as stream:
        for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=False):
            waiting.progress()
            stream.write(chunk)
            advance(len(chunk))
        if total is not None and stream.tell() != total:
            raise requests.ConnectionError(f"ended after {stream.tell()} of {total} bytes")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
