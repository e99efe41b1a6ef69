import shutil
from pathlib import Path

from pipeline.contract.job import job
from pipeline.io.atomic import atomic_path
from pipeline.io.fetch import fetch
from pipeline.io.patience import PATIENCE_SECONDS

with job(snakemake.log[0]):
    if snakemake.input:  # Snakemake's storage plugin has fetched it
        with atomic_path(snakemake.output[0]) as temporary:
            shutil.copyfile(snakemake.input[0], temporary)
    else:
        patience = snakemake.config.get("fetch_patience_s") or PATIENCE_SECONDS
        fetch(snakemake.params.url, Path(snakemake.output[0]), patience=patience)
