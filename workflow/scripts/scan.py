from pathlib import Path

from pipeline.contract.job import job
from pipeline.skymaps.jobs import scan_event

with job(snakemake.log[0]) as log:
    files, rounds = list(snakemake.input.chunks), snakemake.params.rounds
    size = len(files) // max(rounds, 1)
    folder = Path(snakemake.output[0]).parent
    scan_event(
        snakemake.wildcards.event,
        snakemake.input.event,
        folder,
        calibration=next(iter(snakemake.input.calibration), None),
        earlier=[files[i * size : (i + 1) * size] for i in range(rounds)],
        geometry=next(iter(snakemake.input.geometry), None),
        **snakemake.params.settings,
    )
    log.info("%s", (folder / "circular.txt").read_text().strip())
