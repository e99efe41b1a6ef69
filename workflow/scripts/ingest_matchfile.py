from pipeline.archive.jobs import ingest_matchfile
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    counts = ingest_matchfile(
        snakemake.input,
        snakemake.wildcards.matchfile,
        snakemake.params.target,
        snakemake.output[0],
    )
    log.info("%s", ", ".join(f"{number} in {name}" for name, number in counts.items()))
