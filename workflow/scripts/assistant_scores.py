from pipeline.contract.job import job
from pipeline.vra.jobs import assistant_scores

with job(snakemake.log[0]) as log:
    found = assistant_scores(
        snakemake.input.features,
        snakemake.input.closed,
        snakemake.params.version,
        snakemake.output[0],
    )
    log.info("scores of %d alerts", found)
