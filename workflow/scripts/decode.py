from pipeline.alerts.jobs import decode
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    counts = decode(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.params.history,
        [snakemake.output[name] for name in ("alerts", "history", "rejected")],
        snakemake.output.counts,
    )
    log.info("%s", counts)
