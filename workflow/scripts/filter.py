from pipeline.contract.job import job
from pipeline.filters.jobs import filter as run_filters

with job(snakemake.log[0]) as log:
    counts = run_filters(
        snakemake.input.index,
        snakemake.wildcards.survey,
        (int(snakemake.wildcards.shard), snakemake.params.shards),
        snakemake.params.filters,
        {n: snakemake.input[n] for n in snakemake.params.joined},
        snakemake.params.catalogs,
        None if snakemake.params.history == "packet" else snakemake.input.earlier,
        snakemake.params.server,
        snakemake.output,
    )
    for name, one in counts["filters"].items():
        log.info("%s: %d of %d alerts", name, one["passed"], counts["alerts"])
        for line in one["warnings"]:
            log.warning("%s: %s", name, line)
