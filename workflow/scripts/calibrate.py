from pipeline.contract.job import job
from pipeline.skymaps.calibration.plot import draw_coverage
from pipeline.skymaps.calibration.tracks import write_calibration

with job(snakemake.log[0]):
    settings = {
        "reco": snakemake.wildcards.reco,
        "nsides": snakemake.wildcards.nsides.replace("-", ":").replace("_", " "),
        "ice": snakemake.params.ice,
        "seed": snakemake.params.seed,
    }
    write_calibration(snakemake.input, settings, snakemake.output.table)
    draw_coverage(snakemake.output.table, snakemake.output.picture)
