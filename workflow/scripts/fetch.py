from pathlib import Path

from pipeline.io.fetch import fetch
from pipeline.jobs.frame import job

with job(snakemake.log[0]):
    fetch(snakemake.params.url, Path(snakemake.output[0]), snakemake.params.sha256)
