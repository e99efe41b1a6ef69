from pipeline.contract.job import job
from pipeline.skymaps.jobs import summarise_skymaps

with job(snakemake.log[0]):
    summarise_skymaps(snakemake.input, snakemake.output[0])
