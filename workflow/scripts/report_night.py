from pipeline.contract.job import job
from pipeline.report.jobs import report_night

with job(snakemake.log[0]) as log:
    inputs = {name: files for name, files in snakemake.input.items() if "__" in name}
    origin = {
        "configuration": snakemake.params.configuration,
        "code": f"{snakemake.params.code} {snakemake.params.makers}",
    }
    told = report_night(
        (snakemake.wildcards.survey, snakemake.wildcards.night),
        (snakemake.input.facts, snakemake.input.objects),
        snakemake.input.earlier,
        inputs,
        snakemake.params.parts,
        origin,
        (snakemake.output.html, snakemake.output.numbers),
    )
    log.info("%s", "; ".join(told["looked"]))
