from pipeline.contract.job import job
from pipeline.filters.jobs import summarise_filters

with job(snakemake.log[0]) as log:
    summary = summarise_filters(
        snakemake.input.counts, snakemake.input.earlier, snakemake.output[0]
    )
    log.info("%d filters on %d alerts", len(summary["filters"]), summary["alerts"])
