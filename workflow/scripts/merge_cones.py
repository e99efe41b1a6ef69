from pipeline.archive.jobs import merge_cones
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    made = merge_cones(snakemake.input, snakemake.output[0])
    log.info("%d alerts of %d nights", made["rows"], len(made["nights"]))
