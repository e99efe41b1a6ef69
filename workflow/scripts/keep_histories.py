from pipeline.contract.job import job
from pipeline.filters.jobs import keep_histories

with job(snakemake.log[0]) as log:
    rows = keep_histories(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.output[0],
    )
    log.info("%d rows", rows)
