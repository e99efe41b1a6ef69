from pipeline.contract.job import job
from pipeline.filters.jobs import write_payloads

with job(snakemake.log[0]) as log:
    requests = write_payloads(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.input.candidates,
        snakemake.params.filters,
        snakemake.params.instrument,
        snakemake.output[0],
    )
    log.info("%d requests", requests)
