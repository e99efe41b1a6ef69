from pipeline.contract.job import job
from pipeline.skymaps.jobs import scan_tracks

with job(snakemake.log[0]) as log:
    wildcards = snakemake.wildcards
    part = (int(wildcards.share), snakemake.params.jobs)
    tracks = snakemake.input[0]
    count = scan_tracks(tracks, part, wildcards.reco, wildcards.nsides, snakemake.output[0])
    log.info("%d tracks", count)
