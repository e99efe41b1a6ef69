"""Neural networks on alerts: convert each once, score each shard."""

from pipeline.contract.section import of_survey
from pipeline.scores import domain as scores
from pipeline.scores.need import train_need


wildcard_constraints:
    model="[A-Za-z0-9_]+",


rule convert_model:
    """Convert a Keras model to ONNX, checked against the original."""
    input:
        lambda wildcards: CONFIG.models[wildcards.model].path,
    output:
        scores.MODEL,
    log:
        paths.log("convert_model", "model"),
    conda:
        "../envs/tensorflow.yaml"
    resources:
        **sized(scores.convert_need()),
    params:
        network=lambda wildcards: CONFIG.models[wildcards.model].to_convert(),
        file=lambda wildcards: input_state(CONFIG.models[wildcards.model].path),
        code=job_code("scores", "convert_model"),
    script:
        "../scripts/convert_model.py"


rule score:
    """Score one shard of a night by all models of its survey."""
    input:
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
        networks=by_survey(lambda survey: scores.networks(REQUEST, survey)),
    output:
        paths.table("scores"),
    log:
        paths.log("score", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
        if CONFIG.engine == "onnxruntime"
        else "../envs/tensorflow.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: scores.score_need(
                count, night.shards, scores.kinds(REQUEST, night.survey), kind
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        networks=by_survey(
            lambda survey: {
                name: model.to_run()
                for name, model in of_survey(CONFIG.models, survey).items()
            }
        ),
        engine=CONFIG.engine,
        files=by_survey(
            lambda survey: list(map(input_state, scores.networks(REQUEST, survey)))
        ),
        dump=dump_state,
        code=survey_code("scores", "score"),
    script:
        "../scripts/score.py"


rule train_realbogus:
    """Train the small network that demo/models/realbogus.h5 is, on simulated stamps."""
    output:
        scores.TRAINED_MODEL,
    log:
        paths.log("train_realbogus"),
    conda:
        "../envs/tensorflow.yaml"
    threads: 2
    resources:
        **sized(train_need()),
    params:
        number=5000,
        seed=7,
        epochs=8,
        code=job_code("scores", "train_realbogus"),
    script:
        "../scripts/train_realbogus.py"
