from pipeline.contract.job import job
from pipeline.skymaps.products.summary import write_summary

with job(snakemake.log[0]):
    write_summary(snakemake.input, snakemake.output[0])
