from pathlib import Path

from pipeline.contract.job import job
from pipeline.crossmatch.build import build_store, build_store_from_alerts
from pipeline.crossmatch.domain import Catalog

with job(snakemake.log[0]) as log:
    catalog = Catalog(**snakemake.params.catalog)
    output = Path(snakemake.output[0])
    if catalog.path is None:
        meta = build_store_from_alerts(list(snakemake.input), output, catalog)
    else:
        meta = build_store(snakemake.input[0], output, catalog)
    log.info("%s", meta)
