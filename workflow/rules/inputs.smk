"""Inputs: one behind an address is fetched.

One that is not there stops the run, unless its results were made of it already.
"""

from importlib.util import find_spec

from snakemake.dag import DAG
from snakemake.exceptions import MissingInputException

from pipeline.contract.address import FETCHED
from pipeline.plan.addresses import addresses_of
from pipeline.plan.places import places_of

URL_OF = {str(address): address.url for address in addresses_of(REQUEST)}
BY_S3 = {path: url for path, url in URL_OF.items() if url.startswith("s3:")}
if BY_S3 and find_spec("snakemake_storage_plugin_s3") is None:
    stop(f"{min(BY_S3.values())}: s3:// needs the package snakemake-storage-plugin-s3")
BY_S3 = {path: storage.s3(url) for path, url in BY_S3.items()}


wildcard_constraints:
    address="[0-9a-f]{16}",


rule fetch_input:
    """Fetch a catalogue, a model, an event or a map from the web, or from a store of objects."""
    input:
        lambda wildcards: BY_S3.get(FETCHED.format(**wildcards), []),
    output:
        FETCHED,
    log:
        paths.log("fetch_input", "address", "file"),
    # A cluster's nodes seldom see the web.
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        url=lambda wildcards: URL_OF[FETCHED.format(**wildcards)],
    script:
        "../scripts/fetch_input.py"


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
