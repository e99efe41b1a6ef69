"""What the rules of filters ask of a job's wildcards."""

from dataclasses import asdict

from pipeline.filters import configured
from pipeline.filters import domain as filters
from pipeline.filters import need as filter_needs
from pipeline.filters.history import chosen as histories


def tables_of_filters(wildcards):
    """Return the shard's tables that documents are joined with."""
    return configured.joined(REQUEST, wildcards.survey)


@by_survey
def files_of_filters(survey):
    """Return the files that a survey's filters stand in, which jobs read anew.

    So they go where jobs run. What counts of them is in the rules' params: their times do not.
    """
    return ancient(configured.files(REQUEST, survey))


@cache
def earlier_of(survey, night):
    """Return the earlier nights whose histories a night's filters see."""
    return filters.nights_before(REQUEST, NIGHT_OF[survey, night])


def earlier_histories(wildcards):
    """Return the stores that a shard's filters see."""
    seen = earlier_of(wildcards.survey, wildcards.night)
    part = int(wildcards.shard), night_of(wildcards).shards
    return [] if seen is None else histories.stores(seen, wildcards.survey, part)


def stores_seen(night):
    """Return how many stores of earlier nights a night's filters see; None if packets' own."""
    seen = earlier_of(night.survey, night.night)
    return None if seen is None else seen.stores


def month_need(wildcards):
    """Return what merging a month's histories needs."""
    months = filters.nights_of_months(REQUEST, wildcards.survey)
    nights = months.get(wildcards.month, [])
    kinds = [alerts.kind_of(night) for night in nights]
    counts = [
        packets.packets_in(night.dump, kind) for night, kind in zip(nights, kinds)
    ]
    return filter_needs.merge_need(sum(counts), *kinds[:1])


def skyportal_instrument():
    """Return what SkyPortal calls the instrument and its streams."""
    told = configured.skyportal(REQUEST)
    return {"instrument_id": told.instrument_id, "stream_ids": told.stream_ids}
