from pathlib import Path

from pipeline.contract.job import job
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.jobs import match_shard

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
