"""Which stores of earlier nights a night's filters see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.alerts.domain import Night
from pipeline.alerts.months import days_between, month_of
from pipeline.contract import paths

STORE = f"{paths.RESULTS}/histories/{paths.SHARD}"
"""What the packets of a shard know of earlier times."""
MONTH = f"{paths.RESULTS}/histories_by_month/{{survey}}/{{month}}"
"""The same of all nights of a month."""
DAYS = 365 + 2
"""Older nights have nothing to tell: a night's name may be a day off its alerts' dates."""


@dataclass(frozen=True)
class Before:
    """The earlier nights that a night's filters see.

    Attributes
    ----------
    months : tuple of str
        Those of which all nights are seen, merged.
    nights : tuple of Night
        The others.
    """

    months: tuple[str, ...]
    nights: tuple[Night, ...]

    @property
    def stores(self) -> int:
        """Return how many stores that are."""
        return len(self.months) + len(self.nights)


def months_of(nights: Iterable[Night]) -> dict[str, list[Night]]:
    """Return the months that have several of a survey's nights, and these."""
    found: dict[str, list[Night]] = {}
    for night in nights:
        if month := month_of(night.night):
            found.setdefault(month, []).append(night)
    return {name: several for name, several in found.items() if len(several) > 1}


def before(nights: Sequence[Night], own: Night) -> Before:
    """Return which of a survey's nights a night's filters see.

    Names of nights are dates: those that sort before it are earlier, in whatever order they
    stand. One that has no date in its name is never too old.

    Parameters
    ----------
    nights : sequence of Night
        All of its survey.
    own : Night
    """
    earlier = [night for night in nights if night.night < own.night]
    seen = [night for night in earlier if _is_near(night, own)]
    months = {
        name: several
        for name, several in months_of(nights).items()
        if all(night.night < own.night for night in several) and set(several) & set(seen)
    }
    merged = {night for several in months.values() for night in several}
    others = sorted((n for n in seen if n not in merged), key=lambda night: night.night)
    return Before(tuple(sorted(months)), tuple(others))


def _is_near(night: Night, own: Night) -> bool:
    days = days_between(night.night, own.night)
    return days is None or days <= DAYS


def stores(found: Before, survey: str, part: tuple[int, int]) -> list[str]:
    """Return the stores that a shard reads: months, and shards of nights that have its objects.

    Parameters
    ----------
    found : Before
    survey : str
    part : (int, int)
        Which shard of how many.
    """
    months = [MONTH.format(survey=survey, month=month) for month in found.months]
    return months + [
        STORE.format(survey=survey, night=night.night, shard=paths.part_name(shard))
        for night in found.nights
        for shard in overlapping(part, night.shards)
    ]


def overlapping(part: tuple[int, int], shards: int) -> range:
    """Return which of a night's shards have objects of another's shard.

    >>> overlapping((1, 5), 2), overlapping((2, 5), 2), overlapping((0, 1), 3)
    (range(0, 1), range(0, 2), range(0, 3))
    """
    shard, of = part
    return range(shard * shards // of, -(-(shard + 1) * shards // of))
