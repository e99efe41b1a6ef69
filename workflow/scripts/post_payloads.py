from pipeline.contract.job import job
from pipeline.filters.jobs import post_payloads

with job(snakemake.log[0]) as log:
    counts = post_payloads(
        snakemake.input[0],
        snakemake.params.url,
        snakemake.params.token_file,
        snakemake.output[0],
    )
    log.info("%d requests posted, %d refused", counts["posted"], counts["refused"])
