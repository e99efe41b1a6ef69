from pipeline.contract.job import job
from pipeline.scores.convert import convert_model
from pipeline.scores.domain import Model

with job(snakemake.log[0]) as log:
    model = Model(version="", **snakemake.params.model)
    parity = convert_model(snakemake.input[0], snakemake.output[0], model)
    log.info("the converted model differs from the original by at most %.1e", parity)
