from pipeline.contract.job import job
from pipeline.vra.jobs import vra_mirror

with job(snakemake.log[0]) as log:
    receipt = vra_mirror(
        ".",
        snakemake.params.experiment,
        snakemake.params.uri,
        snakemake.params.closed,
        snakemake.output[0],
    )
    log.info("%s: rounds %s are new", receipt["uri"], receipt["new"])
    if receipt["waiting"]:
        log.warning("rounds %s wait: %s", receipt["waiting"], receipt["reason"])
