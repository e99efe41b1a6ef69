"""What the rules of the morning page ask of a job's wildcards."""

from pipeline.plan import pages as parts
from pipeline.plan.pages import (
    code_of_parts,
    configuration,
    files_of_index,
    parts_of_index,
    parts_to_gather,
    parts_to_show,
)
from pipeline.report import domain as pages

PAGES = pages.section_of(REQUEST)
CONFIGURED = configuration(REQUEST)


def tables_of_page(wildcards):
    """Return what is read of a night once."""
    return parts.tables_of_page(REQUEST, wildcards.survey, wildcards.night)


def files_of_page(wildcards):
    """Return what a page reads beside that."""
    return parts.files_of_page(REQUEST, wildcards.survey, wildcards.night)
