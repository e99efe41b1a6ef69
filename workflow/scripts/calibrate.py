from pipeline.contract.job import job
from pipeline.skymaps.jobs import calibrate

with job(snakemake.log[0]):
    calibrate(
        snakemake.input,
        snakemake.wildcards.reco,
        snakemake.wildcards.nsides,
        {"ice": snakemake.params.ice, "seed": snakemake.params.seed},
        snakemake.output.table,
        snakemake.output.picture,
    )
