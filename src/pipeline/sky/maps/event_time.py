"""When an event was, as the headers of its map say."""

import math
import re
from datetime import date

from pipeline.sky.maps.fits_header import Header

MJD_OF_DAY_ONE = 678_575
"""0001-01-01, Python's ordinal 1, is MJD −678575."""
FERMI_ZERO = 51910 + 7.428703703703703e-4
"""MJD (TT) of Fermi's mission elapsed time 0, 2001-01-01 00:00:00 UTC, where no MJDREFI says so."""
EARLIEST, LATEST = 30_000.0, 100_000.0
"""MJD (1941 and 2132): whatever lies beyond is no time of an event."""
DISAGREE_DAYS = 1.0 / 86_400
NO_TIME = "no time"
"""What a note begins with where a map has none."""
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d*)?))?(?:Z|[+-]00:?00)?")


def mjd_of_iso(text: str) -> float | None:
    """Return the MJD of a time in ISO 8601, UTC; None if it is none.

    >>> mjd_of_iso("2024-01-15T06:00:00.000Z"), mjd_of_iso("2024-01-15"), mjd_of_iso("yesterday")
    (60324.25, None, None)
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = float(match[6] or 0)
    if hour > 23 or minute > 59 or second >= 61:  # a leap second has the 60
        return None
    try:
        days = date(year, month, day).toordinal() - MJD_OF_DAY_ONE - 1
    except ValueError:
        return None
    return days + (hour * 3600 + minute * 60 + second) / 86_400


def event_time(header: Header) -> tuple[float | None, tuple[str, ...]]:
    """Return the time (UTC) [d] of an event, and what is to be said of it.

    The first of DATE-OBS, MJD-OBS, EVENTMJD (IceCube) and TRIGTIME (Fermi, in seconds of its
    mission) counts; a 0 is none.

    Returns
    -------
    mjd : float or None
    notes : tuple of str
        Why there is none; or that the times differ by more than a second.
    """
    found = {
        name: mjd
        for name in ("DATE-OBS", "MJD-OBS", "EVENTMJD", "TRIGTIME")
        if (mjd := _time(header, name)) is not None
    }
    if not found:
        return None, (f"{NO_TIME}: none of DATE-OBS, MJD-OBS, EVENTMJD, TRIGTIME is one",)
    (first, mjd), *others = found.items()
    notes = tuple(
        f"{name} is {(other - mjd) * 86_400:+.1f} s from {first}, which is taken"
        for name, other in others
        if abs(other - mjd) > DISAGREE_DAYS
    )
    return mjd, notes


def _time(header: Header, name: str) -> float | None:
    value = header.get(name)
    if isinstance(value, str):
        mjd = mjd_of_iso(value)
    elif isinstance(value, bool) or value is None or not math.isfinite(value) or value == 0:
        return None
    else:
        mjd = _of_mission(header, float(value)) if name == "TRIGTIME" else float(value)
    return mjd if mjd is not None and EARLIEST <= mjd <= LATEST else None


def _of_mission(header: Header, seconds: float) -> float | None:
    """Return the MJD (UTC) of seconds of a mission that counts from MJDREFI + MJDREFF (TT)."""
    whole, part = header.get("MJDREFI"), header.get("MJDREFF")
    zero = FERMI_ZERO
    if isinstance(whole, int | float) and isinstance(part, int | float):
        zero = whole + part
    tt = zero + seconds / 86_400
    if not EARLIEST <= tt <= LATEST:
        return None
    from astropy.time import Time  # noqa: PLC0415 - 0.5 s to import, for leap seconds alone

    return float(Time(zero, seconds / 86_400, format="mjd", scale="tt").utc.mjd)
