"""The configuration, checked before any job, and what all rules share."""

import gc
import sys
from functools import cache
from pathlib import Path

import snakemake.common
import snakemake.rules
from snakemake.jobs import Job

from pipeline.contract import need, paths
from pipeline.contract.provenance import source_hash
from pipeline.contract.section import ConfigError
from pipeline.plan.check import check_request
from pipeline.plan.fingerprint import fingerprint
from pipeline.plan.load import load_request
from pipeline.plan.targets import all_targets, rules_of
from pipeline.plan.twice import check_keys

# Planning makes millions of objects that stay: to look through them again and again for
# garbage is a sixth of the time that a dry run of 1,000 shards takes.
gc.freeze()
gc.set_threshold(200_000, 20, 20)

# Snakemake takes the signature of a rule's functions anew for every job: a tenth of that time.
signature_of = cache(snakemake.common.get_function_params)
snakemake.common.get_function_params = signature_of
snakemake.rules.get_function_params = signature_of


def stop(message):
    """End with what is wrong, and nothing around it.

    Snakemake would tell of an exception with the line of this file that raises it.
    """
    logger.error(message)
    sys.exit(1)


try:
    check_keys(workflow.configfiles)
    REQUEST = load_request(config)
    if workflow.is_main_process:  # jobs need not look again
        check_request(REQUEST)
except ConfigError as error:
    stop(str(error))

CONFIG = REQUEST.config
ASKED = set(workflow.resource_settings.default_resources or ())
# Thousands of jobs ask for the same files.
input_state = cache(fingerprint)


OURS = workflow.current_basedir.get_path_or_uri(secret_free=True)
older_than_script = Job.outputs_older_than_script_or_notebook


def is_ours(job):
    """Return whether a job's rule is one of this workflow's, not of another that has it."""
    basedir = job.rule.basedir
    return basedir is not None and basedir.get_path_or_uri(secret_free=True) == OURS


async def older_than_script_of_others(job):
    """Yield the results that are older than their script, of other workflows' rules only.

    A fresh clone of the same commit has new times and would replan everything. The ``code``
    of our rules holds the contents of their scripts instead (`job_code`); Snakemake has no
    setting for that which a Snakefile could make.
    """
    if not is_ours(job):
        async for file in older_than_script(job):
            yield file


Job.outputs_older_than_script_or_notebook = older_than_script_of_others


wildcard_constraints:
    survey="[A-Za-z0-9_]+",
    night="[^/]+",
    shard=r"\d{4}",
    part=r"\d{4}",


def job_code(domain, rule, files=(), module="jobs"):
    """Return what identifies the code of a rule: its function, what that uses, its script.

    The function has the rule's name. It stands in the domain's ``jobs.py``, or in the one
    module that it is all about.
    """
    return source_hash(
        f"pipeline.{domain}.{module}:{rule}",
        # from this file on, wherever the workflow that has ours as a module lies
        files=[workflow.source_path(f"../scripts/{rule}.py"), *files],
    )


def by_survey(function):
    """Return a function of the wildcards that asks `function` once for each survey."""
    once = cache(function)
    return lambda wildcards: once(wildcards.survey)


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
