from pipeline.archive.jobs import ingest
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    written = ingest(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        {name: snakemake.input[name] for name in snakemake.params.tables},
        snakemake.params.catalogs,
        snakemake.params.target,
        snakemake.params.stamps,
        snakemake.output[0],
    )
    log.info("%d alerts of %d objects", written["alerts"], written["objects"])
