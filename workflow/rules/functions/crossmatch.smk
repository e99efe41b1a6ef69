"""What the rules of catalogues ask of a job's wildcards."""

from dataclasses import asdict

from pipeline.contract.section import of_survey
from pipeline.crossmatch import domain as crossmatch


def catalog_sources(wildcards):
    """Return a catalogue's file, or the alerts that stand for one."""
    return crossmatch.sources(REQUEST, wildcards.catalog)
