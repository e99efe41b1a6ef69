from pipeline.config.models import Model
from pipeline.jobs.frame import job
from pipeline.scores.convert import convert_model

with job(snakemake.log[0]) as log:
    # which version it is does not change what is converted
    model = Model(version="any", **snakemake.params.model)
    parity = convert_model(snakemake.input[0], snakemake.output[0], model)
    log.info("the converted model differs from the original by at most %.1e", parity)
