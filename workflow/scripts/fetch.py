from pathlib import Path

from pipeline.contract.job import job
from pipeline.io.fetch import fetch
from pipeline.plan.load import load_config

with job(snakemake.log[0]):
    # not a param: to change it is no reason to fetch again
    patience = load_config(snakemake.config).fetch_patience_s
    url, sha256 = snakemake.params.url, snakemake.params.sha256
    fetch(url, Path(snakemake.output[0]), sha256, patience=patience)
