from pipeline.alerts.jobs import summary
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    log.info("%s", summary(snakemake.input, snakemake.output[0]))
