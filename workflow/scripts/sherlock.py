from pipeline.contract.job import job
from pipeline.vra.jobs import sherlock

with job(snakemake.log[0]) as log:
    asked = sherlock(
        {name: snakemake.input[name] for name in ("alerts", "candidates")},
        snakemake.wildcards.survey,
        snakemake.params.filter,
        {
            "url": snakemake.params.url,
            "folder": snakemake.params.answers,
            "per_hour": snakemake.resources.lasair_per_hour,
        },
        snakemake.output[0],
    )
    log.info("Lasair was asked for %d places", asked)
