from pipeline.contract.job import job
from pipeline.skymaps.jobs import scan_share

with job(snakemake.log[0]):
    files, chunks = list(snakemake.input.earlier), int(snakemake.wildcards.chunks)
    scan_share(
        snakemake.input.event,
        snakemake.output[0],
        earlier=[files[i : i + chunks] for i in range(0, len(files), chunks)],
        chunk=int(snakemake.wildcards.chunk),
        chunks=chunks,
        calibration=next(iter(snakemake.input.calibration), None),
        geometry=next(iter(snakemake.input.geometry), None),
        **snakemake.params.settings,
    )
