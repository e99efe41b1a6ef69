from pipeline.contract.job import job
from pipeline.skymaps.jobs import scan_chunk

with job(snakemake.log[0]):
    scan_chunk(
        snakemake.input.event,
        snakemake.input.geometry,
        snakemake.input.earlier,
        (int(snakemake.wildcards.chunk), int(snakemake.wildcards.chunks)),
        snakemake.params.settings,
        snakemake.output[0],
    )
