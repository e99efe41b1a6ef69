from pipeline.contract.job import job
from pipeline.vra.jobs import vra_close

with job(snakemake.log[0]) as log:
    meta = vra_close(
        list(snakemake.input.features),
        next(iter(snakemake.input.closed), None),
        snakemake.input.began,
        snakemake.params.learning,
        snakemake.output[0],
    )
    for problem in meta["problems_of_labels"]:
        log.warning("%s", problem)
    log.info("learned from %d labels, %d held out", meta["n_train"], meta["n_held_out"])
