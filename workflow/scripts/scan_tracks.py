from pathlib import Path

from pipeline.config.nsides import parse_nsides
from pipeline.jobs.frame import job
from pipeline.skymaps.calibration_run import measure_tracks

with job(snakemake.log[0]) as log:
    events = sorted(Path(snakemake.input[0]).glob("event_*.json"))
    share = events[int(snakemake.wildcards.share) :: snakemake.params.jobs]
    levels = parse_nsides(snakemake.wildcards.nsides.replace("-", ":").replace("_", " "))
    measure_tracks(share, snakemake.wildcards.reco, levels, snakemake.output[0])
    log.info("%d tracks", len(share))
