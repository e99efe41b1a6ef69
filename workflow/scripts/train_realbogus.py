from pipeline.contract.job import job
from pipeline.scores.jobs import train_realbogus

with job(snakemake.log[0]) as log:
    params = snakemake.params
    training = train_realbogus(params.number, params.seed, params.epochs, snakemake.output[0])
    log.info(
        "trained on %d triplets; area under the ROC curve of %d others: %.4f",
        training.trained_on,
        training.held_out,
        training.auc,
    )
