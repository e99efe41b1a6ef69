from pipeline.jobs.frame import job
from pipeline.skymaps.summary import write_summary

with job(snakemake.log[0]):
    write_summary(snakemake.input, snakemake.output[0])
