from pipeline.archive.jobs import index_cones
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    made = index_cones(
        snakemake.input,
        snakemake.wildcards.survey,
        snakemake.wildcards.night,
        snakemake.params.columns,
        snakemake.output[0],
    )
    log.info("%d alerts, %d without a position", made["rows"], made["unplaced"])
