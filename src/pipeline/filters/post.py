"""Post a shard's requests to a SkyPortal, with patience, and keep a receipt."""

import hashlib
import json
import logging
import os
import stat
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.services.receipts import Receipt

TOKEN = "SKYPORTAL_TOKEN"  # noqa: S105 - the name of a variable
PATIENCE_S = 90.0
"""For which the server may be away or busy, for one request."""
FIRST_WAIT_S, LAST_WAIT_S = 0.1, 10.0
TIMEOUT_S = 60.0
_HEALS = (408, 425, 429, 500, 502, 503, 504)
_NOT_US = (401, 403)
logger = logging.getLogger(__name__)


class PostError(OSError):
    """A server that does not take what it is sent; the message never has the token."""


class _Refused(Exception):
    """One request that the server refuses for good."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes where it was told to go, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def read_token(file: str | None) -> str:
    """Return the token: from the environment, or a file that nobody else can read.

    Raises
    ------
    PostError
        If there is none, or others may read the file.
    """
    found = os.environ.get(TOKEN, "")
    if not found and file is not None:
        path = Path(file)
        try:
            with path.open() as lines:
                mode = os.fstat(lines.fileno()).st_mode
                if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
                    raise PostError(f"{path}: others may read it: chmod 600 {path}")
                found = lines.read().strip()
        except PostError:
            raise
        except OSError as error:
            raise PostError(f"{path}: {error.strerror}") from None
    if not found:
        raise PostError(f"no token: set {TOKEN}, or filters.skyportal.token_file")
    if not found.isascii() or not found.isprintable():
        raise PostError("the token is no line of plain text")
    return found


def post(
    payloads: Path, url: str, token: str, receipt: Path, patience_s: float = PATIENCE_S
) -> Receipt:
    """Send all requests of a file, one after the other, and write the receipt at the end.

    Parameters
    ----------
    payloads : Path
        Of `pipeline.filters.payloads.write_payloads`.
    url : str
        Of the server, without a path.
    token : str
    receipt : Path
        How many requests were ``posted``, and how many ``refused`` by the server for good (as
        a candidate that it has already), by path.
    patience_s : float
        For one request, from its first failure on [s].

    Raises
    ------
    PostError
        If the server is away for longer, or does not know us. What it has taken stays: run
        again, as it keeps each alert and thumbnail once.
    """
    counts: Counter[str] = Counter({"posted": 0, "refused": 0})
    content = payloads.read_bytes()
    for request in _requests(content):
        kind = "/".join(request["path"].split("/")[:3])
        try:
            _send(url, token, request, patience_s)
            counts["posted"] += 1
        except _Refused as error:
            counts["refused"] += 1
            counts[f"refused {kind}"] += 1
            logger.warning("%s: refused: %s", kind, error)
    told = Receipt("SkyPortal", _where(url), dict(counts), hashlib.sha256(content).hexdigest())
    told.write(receipt)
    return told


def _requests(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        yield json.loads(line)


def _where(url: str) -> str:
    """Return an address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _send(url: str, token: str, request: dict[str, Any], patience_s: float) -> None:
    body = json.dumps(request["body"]).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    address = url.rstrip("/") + request["path"]  # of http(s), as the configuration is checked for
    asked = urllib.request.Request(address, body, headers, method=request["method"])  # noqa: S310
    since, wait = None, FIRST_WAIT_S
    while True:
        told = _tried(asked, url)
        if told is None:
            return
        now = time.monotonic()
        since = now if since is None else since
        if now + wait > since + patience_s:
            raise PostError(f"SkyPortal at {_where(url)}: {told}, and so for {now - since:.0f} s")
        time.sleep(wait)
        wait = min(2 * wait, LAST_WAIT_S)


def _tried(asked: urllib.request.Request, url: str) -> str | None:
    """Send once: None if it was taken, or what is wrong and may heal."""
    try:
        with _OPENER.open(asked, timeout=TIMEOUT_S) as answer:
            answer.read(1)
        return None
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _HEALS:
            return f"answers {error.code}"
        if error.code in _NOT_US or 300 <= error.code < 400:
            raise PostError(f"SkyPortal at {_where(url)}: answers {error.code}") from None
        raise _Refused(str(error.code)) from None
    except (OSError, ValueError) as error:  # no connection, one cut off, no HTTP
        reason = getattr(error, "reason", error)
        return f"{type(reason).__name__}"
    except Exception as error:  # http.client has a family of its own for what is no HTTP
        return f"{type(error).__name__}"
