"""Failed jobs: which are tried again, and what a person reads after the last one."""

import os
import time
from contextlib import chdir

from snakemake.jobs import Job

from pipeline.contract.job import TOLD_LATER
from pipeline.plan.ended import Failed, failure_lines, stays, success_lines
from pipeline.plan.pages_anyway import make_missing

BEGAN = time.time()
# Jobs of this process leave it to the last lines to say why they failed. Those of a cluster say
# it themselves, for what their scheduler keeps.
if workflow.is_main_process:
    os.environ[TOLD_LATER] = "1"
else:
    os.environ.pop(TOLD_LATER, None)


def last_of(files):
    """Return the newest of files, if it was written in this run.

    Snakemake makes an empty one for a job that fails without.
    """
    written = [file for file in files if file.exists() and file.stat().st_size]
    times = {file.stat().st_mtime: file for file in written}
    return times[max(times)] if times and max(times) >= BEGAN else None


def kept_by_scheduler(job):
    """Return the file of a job's standard error, as the profiles have it kept."""
    settings = workflow.executor_settings
    if htcondor := getattr(settings, "jobdir", None):
        return last_of(Path(htcondor, job.rule.name).glob(f"*-{job.jobid}_*.err"))
    if slurm := getattr(settings, "logdir", None):
        of = "_".join(job.wildcards).replace(os.sep, "_")
        return last_of(Path(slurm, f"rule_{job.rule.name}", of).glob("*.log"))
    return None


def as_failed(job):
    """Return a job with what is kept of its words."""
    log = last_of(map(Path, job.log))
    return Failed(job.rule.name, " ".join(job.wildcards), log, kept_by_scheduler(job))


restarts_of_snakemake = Job.restart_times.fget


def restarts(job):
    """Return how often a job may be tried again: not at all if its reason stays.

    Snakemake has a number of `retries` for all reasons.
    """
    hopeless = workflow.is_main_process and is_ours(job) and stays(as_failed(job))
    return 0 if hopeless else restarts_of_snakemake(job)


Job.restart_times = property(restarts)


def folder():
    """Return the working directory as a person sees it who called snakemake --directory."""
    return os.path.relpath(Path(), workflow.rundir)


# A workflow that has ours as a module leaves these out. Jobs elsewhere are silent.
onsuccess:
    if workflow.is_main_process:
        shown = Path(folder())
        with chdir(workflow.rundir):
            found = list(success_lines(shown))
        for line in found:
            logger.info(line)


onerror:
    if workflow.is_main_process:
        failed = [as_failed(job) for job in workflow.scheduler.failed]
        undone = [
            job.rule.name
            for job in workflow.dag.needrun_jobs()
            if job not in workflow.scheduler.failed and job.rule.name != "all"
        ]
        for line in failure_lines(failed, undone, folder()):
            logger.error(line)
        for page in make_missing(REQUEST, "logs") if failed else ():
            logger.error(f"made of what there is: {page}")
