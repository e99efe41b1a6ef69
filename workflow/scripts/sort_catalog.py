from pipeline.contract.job import job
from pipeline.crossmatch.jobs import sort_catalog

with job(snakemake.log[0]) as log:
    log.info("%s", sort_catalog(snakemake.input, snakemake.params.catalog, snakemake.output[0]))
