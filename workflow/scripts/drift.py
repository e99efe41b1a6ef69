from pipeline.contract.job import job
from pipeline.vra.jobs import drift

with job(snakemake.log[0]) as log:
    names = ("features", "assistant_scores")
    night = f"{snakemake.wildcards.survey} {snakemake.wildcards.night}"
    moved = drift(
        {name: list(snakemake.input[name]) for name in names},
        snakemake.input.closed,
        snakemake.params.version,
        f"{night} against {snakemake.params.version}",
        {"table": snakemake.output.table, "picture": snakemake.output.picture},
    )
    log.info("moved: %s", ", ".join(moved) or "nothing")
