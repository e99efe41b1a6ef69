from pathlib import Path

from pipeline.alerts.night import remove_stale_shards, summarise_night
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    for path in remove_stale_shards(map(Path, snakemake.params.folders), snakemake.params.shards):
        log.info("removed %s, of an earlier sharding", path)
    log.info("%s", summarise_night(map(Path, snakemake.input), Path(snakemake.output[0])))
