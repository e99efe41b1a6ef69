from pipeline.alerts.jobs import fetch
from pipeline.contract.job import job

with job(snakemake.log[0]):
    # not a param: to change it is no reason to fetch again
    patience = snakemake.config.get("fetch_patience_s")
    fetch(snakemake.params.url, snakemake.params.sha256, snakemake.output[0], patience)
