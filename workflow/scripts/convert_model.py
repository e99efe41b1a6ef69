from pipeline.contract.job import job
from pipeline.scores.jobs import convert_model

with job(snakemake.log[0]) as log:
    parity = convert_model(snakemake.input[0], snakemake.params.network, snakemake.output[0])
    log.info("the converted model differs from the original by at most %.1e", parity)
