from pathlib import Path

from pipeline.contract.job import job
from pipeline.scores.triplets import make_triplets
from pipeline.simulate.stream import training_stamps
from pipeline.simulate.train import train_realbogus

with job(snakemake.log[0]) as log:
    *stamps, labels = training_stamps(snakemake.params.number, snakemake.params.seed)
    triplets, _ = make_triplets(*stamps)
    training = train_realbogus(
        triplets,
        labels,
        Path(snakemake.output[0]),
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
    )
    log.info(
        "trained on %d triplets; area under the ROC curve of %d others: %.4f",
        training.trained_on,
        training.held_out,
        training.auc,
    )
