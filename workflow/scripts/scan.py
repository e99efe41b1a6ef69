from pipeline.contract.job import job
from pipeline.skymaps.jobs import scan

with job(snakemake.log[0]) as log:
    circular = scan(
        snakemake.wildcards.event,
        snakemake.input.event,
        snakemake.input.geometry,
        (snakemake.input.chunks, snakemake.params.number),
        snakemake.params.settings,
        snakemake.output,
        snakemake.params.rounds,
    )
    log.info("%s", circular)
