"""What making the stores of earlier nights takes."""

from collections.abc import Iterator, Sequence

from pipeline.alerts.domain import Night, kind_of, night_name, packets_of
from pipeline.contract.work import Expected, Work, named
from pipeline.filters.history.chosen import before, months_of
from pipeline.filters.need import keep_need, merge_need


def store_work(nights: Sequence[Night], expected: Expected) -> Iterator[Work]:
    """Yield the work on the stores of nights and months that some other of the nights sees."""
    kept: dict[str, Night] = {}
    months: dict[str, list[Night]] = {}
    for night in nights:
        others = [one for one in nights if one.survey == night.survey]
        seen = before(others, night)
        of_months = months_of(others)
        months |= {f"{night.survey}/{month}": of_months[month] for month in seen.months}
        kept |= {night_name(other): other for other in seen.nights}
    kept |= {night_name(night): night for several in months.values() for night in several}
    for of, night in kept.items():
        need = keep_need(packets_of(night, expected), night.shards, kind_of(night, expected))
        yield Work("keep_histories", of, night.shards, need, after=(named("index", of),))
    for of, several in months.items():
        need = merge_need(sum(packets_of(n, expected) for n in several), kind_of(several[0]))
        after = tuple(named("keep_histories", night_name(night)) for night in several)
        yield Work("merge_histories", of, 1, need, after)
