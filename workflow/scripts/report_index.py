from pathlib import Path

from pipeline.contract.job import job
from pipeline.report.jobs import report_index

with job(snakemake.log[0]) as log:
    inputs = {name: files for name, files in snakemake.input.items() if "__" in name}
    nights = report_index(
        snakemake.input.numbers,
        inputs,
        snakemake.params.parts,
        str(Path(snakemake.log[0]).parent),
        snakemake.output[0],
    )
    log.info("%d nights", nights)
