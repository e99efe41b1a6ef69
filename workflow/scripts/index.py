from pipeline.alerts.jobs import index
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    found = index(
        snakemake.input.dump,
        snakemake.wildcards.survey,
        snakemake.params.schemas,
        snakemake.output.index,
        snakemake.output.spool,
    )
    log.info("%s", found)
