from pathlib import Path

from pipeline.alerts.index import build_index
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    schemas = snakemake.params.schemas
    found = build_index(
        Path(snakemake.input.dump),
        get_survey(snakemake.wildcards.survey),
        Path(snakemake.output.index),
        Path(snakemake.output.spool),
        Path(schemas) if schemas else None,
    )
    log.info("%s", found)
