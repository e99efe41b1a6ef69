from pipeline.contract.job import job
from pipeline.vra.jobs import vra_bench

with job(snakemake.log[0]) as log:
    found = vra_bench(
        list(snakemake.input.features),
        snakemake.input.oracle,
        snakemake.params.campaign,
        snakemake.output[0],
    )
    log.info("%d rounds", found)
