from pipeline.contract.job import job
from pipeline.report.jobs import gather_night

with job(snakemake.log[0]) as log:
    inputs = {name: files for name, files in snakemake.input.items() if "__" in name}
    objects = gather_night(
        (snakemake.wildcards.survey, snakemake.wildcards.night),
        snakemake.input.index,
        inputs["alerts__alerts"],
        inputs,
        snakemake.params.parts,
        snakemake.params.objects,
        (snakemake.output.facts, snakemake.output.objects),
    )
    log.info("%d objects for the page", objects)
