from pathlib import Path

from pipeline.config.catalogs import Catalog
from pipeline.jobs.frame import job
from pipeline.jobs.match import match_shard

with job(snakemake.log[0]) as log:
    catalogs = {name: Catalog(**values) for name, values in snakemake.params.catalogs.items()}
    found = match_shard(
        Path(snakemake.input.alerts),
        snakemake.wildcards.survey,
        dict(zip(catalogs, map(Path, snakemake.input.stores), strict=True)),
        catalogs,
        Path(snakemake.output[0]),
    )
    log.info("%d matches", found)
