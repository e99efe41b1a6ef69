from pipeline.archive.jobs import read_matchfile
from pipeline.contract.job import job

with job(snakemake.log[0]) as log:
    rows = read_matchfile(snakemake.input[0], snakemake.output)
    log.info("%s", ", ".join(f"{number} {name}" for name, number in rows.items()))
