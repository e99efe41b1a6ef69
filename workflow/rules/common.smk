"""The configuration, checked before any job, and what all rules share."""

import gc
from functools import cache

from snakemake.exceptions import WorkflowError

from pipeline.plan import fingerprint, targets
from pipeline.contract import paths, need as sizing
from pipeline.alerts.surveys.names import check_surveys
from pipeline.alerts.surveys.registry import survey_files
from pipeline.contract.section import of_survey
from pipeline.plan.check import check_config
from pipeline.plan.load import ConfigError, load_config, load_nights
from pipeline.plan.twice import check_keys
from pipeline.contract.provenance import source_hash
from pipeline.plan.targets import night_targets

# Planning makes millions of objects that stay: to look through them again and again for
# garbage is a sixth of the time that a dry run of 1,000 shards takes.
gc.freeze()
gc.set_threshold(200_000, 20, 20)

try:
    check_keys(workflow.configfiles)
    CONFIG = load_config(config)
    NIGHTS = load_nights(CONFIG.alerts)
    check_surveys(CONFIG, NIGHTS)
    check_config(CONFIG, NIGHTS)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

ASKED = set(workflow.resource_settings.default_resources or ())
# Thousands of jobs ask for the same files.
input_state = cache(fingerprint.fingerprint)
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


def dump_state(wildcards):
    """Return what tells that a night's dump was replaced."""
    return input_state(targets.dump(night_of(wildcards)))


def packets_of(night):
    """Return about how many packets a night has."""
    return sizing.packets_in(targets.dump(night))


def sized(need):
    """Return a rule's resources under the names that the profile's scheduler reads.

    Those are the names in its ``default-resources``: none on one machine, where working out
    the resources of thousands of jobs would only take time.

    `need` is a `pipeline.contract.need.Need`, or a function of the wildcards that returns one.
    """
    of = need if callable(need) else lambda wildcards: need

    def memory(wildcards, attempt):
        return of(wildcards).mem_mb(attempt)

    resources = {
        "mem_mb": memory,
        "runtime": lambda wildcards, attempt: of(wildcards).minutes(attempt),
        "htcondor_request_mem_mb": memory,
        "htcondor_request_disk_mb": lambda wildcards: of(wildcards).disk(),
        "allowed_execute_duration": lambda wildcards, attempt: (
            of(wildcards).minutes(attempt) * 60
        ),
    }
    return {name: value for name, value in resources.items() if name in ASKED}


def sized_by_night(need):
    """Return a rule's resources where `need` is a function of the line of alerts.tsv."""
    once = cache(lambda survey, night: need(NIGHT_OF[survey, night]))
    return sized(lambda wildcards: once(wildcards.survey, wildcards.night))


def as_params(section, survey):
    """Return what concerns a survey as plain values, which Snakemake compares."""
    return {
        name: entry.for_survey(survey).model_dump(mode="json")
        for name, entry in of_survey(section, survey).items()
    }
