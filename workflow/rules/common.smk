"""The configuration, checked before any job, and what all rules share."""

from functools import cache

from snakemake.exceptions import WorkflowError

from pipeline import paths, targets
from pipeline.alerts.surveys.names import check_surveys
from pipeline.alerts.surveys.registry import survey_files
from pipeline.config.base import of_survey
from pipeline.config.load import ConfigError, load_config, load_nights
from pipeline.fingerprint import folder_fingerprint
from pipeline.provenance import source_hash
from pipeline.targets import night_targets

try:
    CONFIG = load_config(config)
    NIGHTS = load_nights(CONFIG.alerts)
    check_surveys(CONFIG, NIGHTS)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

NIGHT_OF = {(night.survey, night.night): night for night in NIGHTS}


wildcard_constraints:
    survey="[A-Za-z0-9_]+",
    night="[^/]+",
    shard=r"\d{4}",
    catalog="[A-Za-z0-9_]+",
    model="[A-Za-z0-9_]+",


def night_of(wildcards):
    """Return the line of alerts.tsv that a job belongs to."""
    return NIGHT_OF[wildcards.survey, wildcards.night]


def by_survey(function):
    """Return a function of the wildcards that asks `function` once for each survey."""
    once = cache(function)
    return lambda wildcards: once(wildcards.survey)


def survey_code(module):
    """Return a function of the wildcards: the code of a module and of the job's survey."""
    return by_survey(lambda survey: source_hash(module, files=survey_files(survey)))


def as_params(section):
    """Return part of the configuration as plain values, which Snakemake compares."""
    return {name: entry.model_dump(mode="json") for name, entry in section.items()}
