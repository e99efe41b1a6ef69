"""Why things were left out, in lines for a person."""

from collections import Counter
from collections.abc import Iterator

MOST_REASONS = 3
"""The most frequent reasons that are told of a night, or of a model."""


def reason_lines(of: str, what: str, reasons: Counter[str]) -> Iterator[str]:
    """Yield a line for each of the most frequent reasons, with its number.

    >>> list(reason_lines("packets of ztf 1", "rejected", Counter(truncated=2)))
    ['packets of ztf 1: 2 rejected: truncated']
    """
    for reason, number in reasons.most_common(MOST_REASONS):
        yield f"{of}: {number} {what}: {reason}"
