"""Neural networks on alerts: convert each once, score each shard."""


rule convert_model:
    """Convert a Keras model to ONNX, checked against the original."""
    input:
        lambda wildcards: CONFIG.models[wildcards.model].path,
    output:
        paths.MODEL,
    log:
        paths.log("convert_model", "model"),
    conda:
        "../envs/tensorflow.yaml"
    resources:
        **sized(sizing.CONVERT_MODEL),
    params:
        model=lambda wildcards: CONFIG.models[wildcards.model].model_dump(
            mode="json", exclude={"surveys", "version"}
        ),
        file=lambda wildcards: input_state(CONFIG.models[wildcards.model].path),
        code=source_hash("pipeline.scores.convert"),
    script:
        "../scripts/convert_model.py"


rule score:
    """Score one shard of a night by all models of its survey."""
    input:
        # the index says where in the dump each packet lies
        dump=lambda wildcards: targets.dump(night_of(wildcards)),
        index=paths.INDEX,
        spool=paths.SPOOL,
        networks=by_survey(lambda survey: targets.networks(CONFIG, survey)),
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
            lambda night: sizing.score(
                packets_of(night),
                night.shards,
                len(of_survey(CONFIG.models, night.survey)),
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        dump=dump_state,
        models=by_survey(lambda survey: as_params(CONFIG.models, survey)),
        engine=CONFIG.engine,
        networks=by_survey(
            lambda survey: list(map(input_state, targets.networks(CONFIG, survey)))
        ),
        code=survey_code("pipeline.scores.jobs"),
    script:
        "../scripts/score.py"
