from pipeline.contract.job import job
from pipeline.skymaps.jobs import simulate_tracks

with job(snakemake.log[0]):
    params = snakemake.params
    simulate_tracks(snakemake.input, params.number, params.seed, params.ice, snakemake.output[0])
