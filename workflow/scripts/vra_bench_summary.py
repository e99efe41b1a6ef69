from pipeline.contract.job import job
from pipeline.vra.jobs import vra_bench_summary

with job(snakemake.log[0]) as log:
    found = vra_bench_summary(
        list(snakemake.input),
        snakemake.params.target,
        snakemake.params.title,
        {"table": snakemake.output.table, "picture": snakemake.output.picture},
    )
    for line in found:
        log.info("%s", line)
