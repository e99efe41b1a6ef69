from pathlib import Path

from pipeline.contract.job import job
from pipeline.io.fetch import fetch
from pipeline.io.patience import PATIENCE_SECONDS

with job(snakemake.log[0]):
    patience = snakemake.config.get("fetch_patience_s") or PATIENCE_SECONDS
    fetch(snakemake.params.url, Path(snakemake.output[0]), patience=patience)
