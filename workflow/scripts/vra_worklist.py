from pipeline.contract.job import job
from pipeline.vra.jobs import vra_worklist

with job(snakemake.log[0]) as log:
    found = vra_worklist(
        list(snakemake.input.features),
        next(iter(snakemake.input.closed), None),
        snakemake.params.asking,
        snakemake.params.began,
        {"worklist": snakemake.output.worklist, "began": snakemake.output.began},
    )
    log.info("a worklist of %d alerts", found)
