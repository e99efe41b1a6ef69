"""Which nights are of one month."""

import re


def month_of(night: str) -> str | None:
    """Return the month of a night, if its name is a date.

    >>> month_of("20180201"), month_of("2018-02-01"), month_of("commissioning")
    ('201802', '201802', None)
    """
    found = re.match(r"(\d{4})-?(\d{2})-?\d{2}(?!\d)", night)
    return found[1] + found[2] if found else None
