"""What a person who knows the truth would say of each simulated alert, as a labels file."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

COLUMNS = ("candid", "objectId", "label", "timestamp")
"""Of finkvra's labels, as `pipeline.vra.labels.lines` reads them."""
LABEL_OF = {
    "sn_ia": "extragal",
    "sn_cc": "extragal",
    "agn": "agn",
    "variable": "varstar",
    "asteroid": "real",
    "bogus": "bogus",
}
"""By the class of the truth."""
_UNIX_EPOCH_JD = 2440587.5


class Oracle:
    """Writer of ``labels.csv``."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        self._said: set[int] = set()

    def add(self, truth: dict[str, Any]) -> None:
        """Add the label of a row of the truth, as if it was given when the alert was taken.

        An alert whose packet comes twice has one.
        """
        if truth["candid"] in self._said:
            return
        self._said.add(truth["candid"])
        since = timedelta(days=truth["jd"] - _UNIX_EPOCH_JD)
        when = datetime(1970, 1, 1, tzinfo=UTC) + since
        label = LABEL_OF[truth["class"]]
        stamp = when.isoformat(timespec="microseconds")
        self._writer.writerow((truth["candid"], truth["object_id"], label, stamp))
