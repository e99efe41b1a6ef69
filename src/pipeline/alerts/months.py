"""Nights by their names, which are dates: which are of one month, and how far apart they are."""

import re
from datetime import date

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


def month_of(night: str) -> str | None:
    """Return the month of a night, if its name is a date.

    >>> month_of("20180201"), month_of("2018-02-01"), month_of("commissioning")
    ('201802', '201802', None)
    """
    found = _DATE.match(night)
    return found[1] + found[2] if found else None


def days_between(first: str, second: str) -> int | None:
    """Return how many days the second night is after the first; None if a name is no date.

    >>> days_between("20180228", "2018-03-01"), days_between("first", "20180301")
    (1, None)
    """
    days = [_date(night) for night in (first, second)]
    before, after = days
    return None if before is None or after is None else (after - before).days


def _date(night: str) -> date | None:
    found = _DATE.match(night)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
