"""What the rules of filters ask of a job's wildcards."""

from dataclasses import asdict

from pipeline.filters import domain as filters
from pipeline.filters import need as filter_needs


def tables_of_filters(wildcards):
    """Return the shard's tables that documents are joined with."""
    return filters.joined(REQUEST, wildcards.survey)


@by_survey
def files_of_filters(survey):
    """Return the files that a survey's filters stand in, which jobs read anew.

    So they go where jobs run. What counts of them is in the rules' params: their times do not.
    """
    return ancient(filters.files(REQUEST, survey))


def skyportal_instrument():
    """Return what SkyPortal calls the instrument and its streams."""
    told = filters.skyportal(REQUEST)
    return {"instrument_id": told.instrument_id, "stream_ids": told.stream_ids}
