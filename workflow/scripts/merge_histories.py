from pipeline.contract.job import job
from pipeline.filters.jobs import merge_histories

with job(snakemake.log[0]) as log:
    rows = merge_histories(snakemake.input, snakemake.wildcards.survey, snakemake.output[0])
    log.info("%d rows", rows)
