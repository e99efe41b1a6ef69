from pipeline.archive.jobs import ingest_catalog
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    number = ingest_catalog(
        snakemake.input[0],
        snakemake.wildcards.catalog,
        snakemake.params.target,
        snakemake.output[0],
    )
    log.info("%d documents", number)
