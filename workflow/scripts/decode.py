from pathlib import Path

from pipeline.alerts.decode import ShardFiles, decode_shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    names = ("alerts", "history", "rejected", "counts")
    counts = decode_shard(
        Path(snakemake.input.index),
        get_survey(snakemake.wildcards.survey),
        int(snakemake.wildcards.shard),
        snakemake.params.shards,
        ShardFiles(**{name: Path(snakemake.output[name]) for name in names}),
    )
    log.info("%s", counts)
