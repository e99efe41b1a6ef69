from pipeline.contract.job import job
from pipeline.crossmatch.jobs import match

with job(snakemake.log[0]) as log:
    found = match(
        snakemake.input.alerts,
        snakemake.wildcards.survey,
        snakemake.input.stores,
        snakemake.params.catalogs,
        snakemake.output[0],
    )
    log.info("%d matches", found)
