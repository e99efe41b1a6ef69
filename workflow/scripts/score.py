from pathlib import Path

from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract.job import job
from pipeline.scores.domain import Model
from pipeline.scores.jobs import score_shard

with job(snakemake.log[0]) as log:
    models = {name: Model(**values) for name, values in snakemake.params.models.items()}
    scored = score_shard(
        Path(snakemake.input.index),
        get_survey(snakemake.wildcards.survey),
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        models,
        dict(zip(models, map(Path, snakemake.input.networks), strict=True)),
        snakemake.params.engine,
        Path(snakemake.output[0]),
    )
    log.info("%d alerts", scored)
