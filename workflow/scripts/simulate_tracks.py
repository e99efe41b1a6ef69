from pipeline.contract.job import job
from pipeline.events.geometry import IC86_LIKE, read_geometry
from pipeline.simulate.events import write_events

with job(snakemake.log[0]):
    doms = read_geometry(next(iter(snakemake.input), IC86_LIKE))
    params = snakemake.params
    write_events(params.number, params.seed, snakemake.output[0], params.ice, doms)
