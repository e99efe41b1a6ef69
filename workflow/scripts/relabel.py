from pipeline.contract.job import job
from pipeline.skymaps.jobs import relabel

with job(snakemake.log[0]) as log:
    circular = relabel(
        snakemake.wildcards.event,
        snakemake.input.event,
        snakemake.input.geometry,
        (snakemake.input.pixels, snakemake.params.rounds),
        snakemake.input.calibration,
        snakemake.params.settings,
        snakemake.output[0],
    )
    log.info("%s", circular)
