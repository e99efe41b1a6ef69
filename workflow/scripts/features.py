from pipeline.contract.job import job
from pipeline.vra.jobs import features

with job(snakemake.log[0]) as log:
    found = features(
        {name: snakemake.input[name] for name in ("alerts", "history", "candidates")},
        snakemake.wildcards.survey,
        snakemake.params.filter,
        snakemake.params.finkvra_compat,
        list(snakemake.input.dust),
        snakemake.output[0],
    )
    log.info("features of %d alerts", found)
