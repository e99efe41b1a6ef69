from pipeline.jobs.frame import job
from pipeline.simulate.events import write_events
from pipeline.skymaps.geometry import IC86_LIKE, read_geometry

with job(snakemake.log[0]):
    doms = read_geometry(next(iter(snakemake.input), IC86_LIKE))
    params = snakemake.params
    write_events(params.number, params.seed, snakemake.output[0], params.ice, doms)
