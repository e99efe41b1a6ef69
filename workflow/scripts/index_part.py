from pipeline.alerts.jobs import index_part
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    rows = index_part(
        snakemake.input.dump,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.part), snakemake.params.parts),
        snakemake.params.schemas,
        snakemake.output.index,
        snakemake.output.spool,
    )
    log.info("%d rows", rows)
