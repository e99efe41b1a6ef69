from pipeline.contract.job import job
from pipeline.vra.jobs import context

with job(snakemake.log[0]) as log:
    found = context(
        {name: snakemake.input[name] for name in ("alerts", "candidates", "matches")},
        snakemake.wildcards.survey,
        snakemake.params.filter,
        snakemake.params.by,
        snakemake.output[0],
    )
    log.info("class and host of %d alerts", found)
