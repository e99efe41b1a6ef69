from pathlib import Path

from pipeline.contract.job import job
from pipeline.plan.tidy import remove

with job(snakemake.log[0]) as log:
    for path in remove(map(Path, snakemake.params.stale)):
        log.info("removed %s: the configuration makes it no more", path)
