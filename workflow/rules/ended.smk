"""After the last job: what was found, what failed and why, what to do next."""

from pipeline.plan.ended import Failed, failure_lines, success_lines
from pipeline.plan.pages_anyway import make_missing


def failed_jobs():
    """Return the jobs that failed for good."""
    return [
        Failed(
            job.rule.name,
            " ".join(job.wildcards),
            Path(job.log[0]) if job.log else None,
        )
        for job in workflow.scheduler.failed
    ]


# A workflow that has ours as a module leaves these out. Jobs elsewhere are silent.
onsuccess:
    if workflow.is_main_process:
        for line in success_lines(Path()):
            logger.info(line)


onerror:
    if workflow.is_main_process:
        failed = failed_jobs()
        undone = [
            job.rule.name
            for job in workflow.dag.needrun_jobs()
            if job not in workflow.scheduler.failed and job.rule.name != "all"
        ]
        for line in failure_lines(failed, undone):
            logger.error(line)
        for page in make_missing(REQUEST, "logs") if failed else ():
            logger.error(f"made of what there is: {page}")
