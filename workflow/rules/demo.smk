"""The demonstration's own model: demo/models/realbogus.h5 was made by this rule."""


rule train_realbogus:
    """Train a small real/bogus network on simulated stamps."""
    output:
        paths.TRAINED_MODEL,
    log:
        paths.log("train_realbogus"),
    conda:
        "../envs/tensorflow.yaml"
    threads: 2
    resources:
        **sized(sizing.TRAIN),
    params:
        number=5000,
        seed=7,
        epochs=8,
        code=source_hash(
            "pipeline.simulate.stream",
            "pipeline.simulate.train",
            "pipeline.scores.triplets",
        ),
    script:
        "../scripts/train_realbogus.py"
