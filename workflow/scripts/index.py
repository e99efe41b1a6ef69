from pipeline.alerts.jobs import index
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    found = index(snakemake.input, snakemake.params.dump, snakemake.output[0])
    log.info("%s", found)
