from pathlib import Path

from pipeline.contract.job import job
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.calibration.tracks import measure_tracks

with job(snakemake.log[0]) as log:
    events = sorted(Path(snakemake.input[0]).glob("event_*.json"))
    share = events[int(snakemake.wildcards.share) :: snakemake.params.jobs]
    levels = parse_nsides(snakemake.wildcards.nsides.replace("-", ":").replace("_", " "))
    measure_tracks(share, snakemake.wildcards.reco, levels, snakemake.output[0])
    log.info("%d tracks", len(share))
