"""Why things were left out, in lines for a person."""

from collections import Counter
from collections.abc import Iterator

MOST_REASONS = 3
"""The most frequent reasons that are told of a night, or of a model."""


def reason_lines(of: str, what: str, reasons: Counter[str], where: str) -> Iterator[str]:
    """Yield a line for each of the most frequent reasons, with its number, and one for the rest.

    `where` says where all of them stand.

    >>> list(reason_lines("packets of ztf 1", "rejected", Counter(truncated=2), "rejected/ztf/1"))
    ['packets of ztf 1: 2 rejected: truncated']
    >>> list(reason_lines("all", "lost", Counter(a=5, b=4, c=3, d=2, e=1), "rejected"))[3]
    'all: 3 lost for 2 more reasons: see rejected'
    """
    for reason, number in reasons.most_common(MOST_REASONS):
        yield f"{of}: {number} {what}: {reason}"
    rest = [number for _, number in reasons.most_common()[MOST_REASONS:]]
    if rest:
        kinds = "1 more reason" if len(rest) == 1 else f"{len(rest)} more reasons"
        yield f"{of}: {sum(rest)} {what} for {kinds}: see {where}"
