"""What a client gets: MongoDB's relaxed extended JSON, and errors without paths or secrets."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bson import json_util
from starlette.responses import Response

from pipeline.io.messages import words

TYPE = "application/json; charset=utf-8"
_PATH = re.compile(r"(?<![\w.:/])~?/(?:[^\s/'\"<>:,;]+/)+(?=[^\s/'\"<>:,;])")
MOST_MESSAGE = 1000


class Refused(Exception):
    """A request that is not answered.

    Parameters
    ----------
    status : int
        Of HTTP.
    message : str
        For the client.
    retry_s : float, optional
        When to come again.
    close : bool
        Whether the rest of the body is not worth reading.
    """

    def __init__(
        self, status: int, message: str, retry_s: float | None = None, close: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {} if retry_s is None else {"Retry-After": str(int(retry_s) + 1)}
        if close:
            self.headers["Connection"] = "close"


def answer(content: Mapping[str, Any], status: int = 200) -> Response:
    """Return an answer of plain values."""
    return Response(json.dumps(content), status, media_type=TYPE)


def refusal(error: Refused) -> Response:
    """Return the answer to what is refused."""
    content = {"status": "error", "message": str(error)}
    return Response(json.dumps(content), error.status, error.headers, media_type=TYPE)


def success(data: Any) -> bytes:
    """Return the text of an answer to a query."""
    content = {"status": "success", "message": "Successfully executed query", "data": data}
    return dumps(content).encode("ascii")


def dumps(value: Any) -> str:
    """Return what `bson.json_util.dumps` says in relaxed JSON, in a tenth of the time.

    >>> dumps({"candid": 3000000000000000001, "nan": float("nan"), "raw": b"a"})
    '{"candid": 3000000000000000001, "nan": {"$numberDouble": "NaN"}, "raw": {"$binary": \
{"base64": "YQ==", "subType": "00"}}}'
    """
    options = json_util.RELAXED_JSON_OPTIONS
    try:
        return json.dumps(value, allow_nan=False, default=lambda v: json_util.default(v, options))
    except ValueError:  # a NaN or an infinity, which have words of their own
        return json_util.dumps(value, json_options=options)


def told(error: BaseException) -> str:
    """Return what a client is told of an error: its type and words; folders are left out.

    >>> told(ValueError("/data/night/results/alerts/0000.parquet: is no parquet"))
    'ValueError: 0000.parquet: is no parquet'
    """
    if not isinstance(error, ValueError | TimeoutError):  # nothing that is meant for users
        return f"{type(error).__name__}: it failed; the server's log says more"
    return f"{type(error).__name__}: {_PATH.sub('', words(error))}"[:MOST_MESSAGE]
