from pipeline.contract.job import job
from pipeline.scores.jobs import score

with job(snakemake.log[0]) as log:
    scored = score(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.params.networks,
        snakemake.input.networks,
        snakemake.params.engine,
        snakemake.output[0],
    )
    log.info("%d alerts", scored)
