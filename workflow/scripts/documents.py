from pipeline.archive.jobs import documents
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    count = documents(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.input.get("scores"),
        snakemake.output[0],
    )
    log.info("%d documents", count)
