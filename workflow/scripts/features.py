from pipeline.contract.job import job
from pipeline.vra.jobs import features

with job(snakemake.log[0]) as log:
    names = ("alerts", "history", "candidates", "context", "scores")
    found = features(
        {name: snakemake.input[name] for name in names if snakemake.input[name]},
        snakemake.wildcards.survey,
        snakemake.params.filter,
        snakemake.params.finkvra_compat,
        list(snakemake.input.dust),
        snakemake.params.drop,
        snakemake.params.further,
        snakemake.output[0],
    )
    log.info("features of %d alerts", found)
