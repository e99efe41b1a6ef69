"""Inputs: one that is not there stops the run, unless its results were made of it already."""

from snakemake.dag import DAG
from snakemake.exceptions import MissingInputException

from pipeline.plan.places import places_of

update_of_snakemake = DAG.update


async def update_with_inputs(dag, jobs, *arguments, **options):
    """Add jobs to the plan; stop at an input that is not there and never was.

    Where a job's input is missing Snakemake takes its results, or those of the jobs after
    it, as they are. That is right for raw data that were deleted after their results were
    made, and wrong for a path in the configuration that leads nowhere: the old results
    would stay, without a word.
    """
    try:
        return await update_of_snakemake(dag, jobs, *arguments, **options)
    except MissingInputException:
        for job in jobs if workflow.is_main_process else ():
            if is_ours(job) and (missing := await never_there(dag, job)):
                stop("\n".join(map(not_there, missing)))
        raise


DAG.update = update_with_inputs


async def never_there(dag, job):
    """Return the inputs of a job that are not there, and that its results were not made of."""
    if not job.output:
        return []
    record = workflow.persistence.input(job.output[0])
    if record is None and await job.output[0].exists():
        return []  # nobody knows what it was made of
    return [
        file
        for file in job.input
        if file not in (record or ())
        and not await file.exists()
        and not any(rule.is_producer(file) for rule in dag.workflow.rules)
    ]


def not_there(path):
    """Return what tells of an input that is not there: a line for each place that names it."""
    lines = [f"{place}: {path} is not there" for place in places_of(REQUEST, path)]
    return "\n".join(lines or [f"{path} is not there"])
