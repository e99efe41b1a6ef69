"""The assistant: features of the alerts that passed its filter, rounds of learning."""


include: "functions/vra.smk"


# Where nobody said how many jobs may ask Lasair at once (`--resources lasair=…`).
if "lasair" not in workflow.global_resources:
    workflow.register_resource("lasair", 1)

if ASSISTANT.context is not None and ASSISTANT.context.lasair is not None:

    rule sherlock:
        """Ask Lasair's Sherlock for class and host of one shard's alerts that passed."""
        input:
            alerts=paths.table("alerts"),
            candidates=paths.table("candidates"),
        output:
            paths.table("context"),
        log:
            paths.log("sherlock", "survey", "night", "shard"),
        # the network may be on this machine alone
        localrule: True
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized_by_night(
                lambda night, count, kind: vra_needs.sherlock_need(
                    count, night.shards, kind
                )
            ),
            # one at a time: the calls of an hour are counted
            lasair=1,
            # no param: how fast one may ask changes no answer
            lasair_per_hour=ASSISTANT.context.lasair.per_hour,
        params:
            filter=CONFIG.vra.filter,
            url=ASSISTANT.context.lasair.url,
            answers=ASSISTANT.context.lasair.answers,
            code=job_code("vra", "sherlock"),
        script:
            "../scripts/sherlock.py"

else:

    rule context:
        """Tell class and host of one shard's alerts that passed the assistant's filter."""
        input:
            alerts=paths.table("alerts"),
            candidates=paths.table("candidates"),
            matches=paths.table("matches"),
        output:
            paths.table("context"),
        log:
            paths.log("context", "survey", "night", "shard"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized_by_night(
                lambda night, count, kind: vra_needs.context_need(
                    count, night.shards, kind
                )
            ),
        params:
            filter=CONFIG.vra.filter,
            by=vra.context_by(REQUEST),
            code=job_code("vra", "context"),
        script:
            "../scripts/context.py"


rule features:
    """Write the features of one shard's alerts that passed the assistant's filter."""
    input:
        alerts=paths.table("alerts"),
        history=paths.table("history"),
        candidates=paths.table("candidates"),
        context=paths.table("context") if ASSISTANT.context else [],
        scores=(
            paths.table("scores")
            if ASSISTANT.further and ASSISTANT.further.scores
            else []
        ),
        dust=vra.dust_files(ASSISTANT),
    output:
        paths.table("features"),
    log:
        paths.log("features", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: vra_needs.features_need(
                count, night.shards, kind
            )
        ),
    params:
        filter=CONFIG.vra.filter,
        finkvra_compat=CONFIG.vra.finkvra_compat,
        drop=ASSISTANT.context.drop if ASSISTANT.context else [],
        further=ASSISTANT.further.model_dump() if ASSISTANT.further else {},
        code=survey_code("vra", "features"),
    script:
        "../scripts/features.py"


rule assistant_scores:
    """Score one shard's pool by the promoted model."""
    input:
        features=paths.table("features"),
        # nothing makes it anew: it has no rule
        closed=promoted_round,
    output:
        paths.table("assistant_scores"),
    log:
        paths.log("assistant_scores", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: vra_needs.scores_need(count, night.shards, kind)
        ),
    params:
        version=f"{ASSISTANT.experiment}_round_{ASSISTANT.promoted}",
        code=survey_code("vra", "assistant_scores"),
    script:
        "../scripts/assistant_scores.py"


rule drift:
    """Compare a night's pool with what the promoted model learned from."""
    input:
        unpack(scored_tables),
        # nothing makes it anew: it has no rule
        closed=promoted_round,
    output:
        table=of_experiment(places.DRIFT),
        picture=report(
            of_experiment(places.DRIFT_PNG),
            caption="../report/drift.rst",
            category="Assistant",
            labels={"survey": "{survey}", "night": "{night}"},
        ),
    log:
        paths.log("drift", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(lambda night, count, kind: vra_needs.drift_need(count)),
    params:
        version=f"{ASSISTANT.experiment}_round_{ASSISTANT.promoted}",
        code=survey_code("vra", "drift"),
    script:
        "../scripts/drift.py"


rule vra_worklist:
    """Choose whom a person is asked about in a round."""
    input:
        features=vra_nights.pool_tables(REQUEST),
        closed=closed_before,
    output:
        began=of_experiment(places.BEGAN),
        worklist=of_experiment(places.WORKLIST),
    log:
        paths.log("vra_worklist", "round"),
    wildcard_constraints:
        round=BEGINNABLE,
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(vra_needs.vra_worklist_need(vra_nights.pool_packets(REQUEST))),
    params:
        asking=lambda wildcards: vra_settings.asking(ASSISTANT, int(wildcards.round)),
        began=lambda wildcards: vra_settings.began(ASSISTANT, int(wildcards.round)),
        code=job_code("vra", "vra_worklist"),
    script:
        "../scripts/vra_worklist.py"


rule vra_close:
    """Freeze the labels of a round, and learn from them."""
    input:
        features=vra_nights.pool_tables(REQUEST),
        closed=closed_before,
        worklist=of_experiment(places.WORKLIST),
        began=of_experiment(places.BEGAN),
    output:
        directory(of_experiment(places.CLOSED)),
    log:
        paths.log("vra_close", "round"),
    wildcard_constraints:
        round=CLOSABLE,
    # labels are where people are
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(vra_needs.vra_close_need(vra_nights.pool_packets(REQUEST))),
    params:
        learning=lambda wildcards: vra_settings.learning(ASSISTANT),
        code=job_code("vra", "vra_close"),
    script:
        "../scripts/vra_close.py"


rule vra_mirror:
    """Write closed rounds into MLflow; one that does not answer is told, and costs nothing."""
    input:
        list(MIRRORED.values()),
    output:
        of_experiment(places.MLFLOW_RECEIPT),
    log:
        paths.log("vra_mirror"),
    # the store may be on this machine alone
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(vra_needs.vra_mirror_need(len(MIRRORED))),
    params:
        experiment=ASSISTANT.experiment,
        uri=ASSISTANT.mlflow.uri if ASSISTANT.mlflow else None,
        closed=MIRRORED,
        code=job_code("vra", "vra_mirror"),
    script:
        "../scripts/vra_mirror.py"


rule vra_bench:
    """Run one campaign with the oracle: a strategy, a size of rounds, a seed."""
    input:
        features=vra_nights.pool_tables(REQUEST),
        oracle=ASSISTANT.bench.oracle if ASSISTANT.bench else [],
    output:
        of_experiment(places.CAMPAIGN),
    log:
        paths.log("vra_bench", "strategy", "size", "seed"),
    wildcard_constraints:
        strategy="[a-z]+",
        size=r"\d+",
        seed=r"\d+",
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(vra_needs.vra_bench_need(vra_nights.pool_packets(REQUEST))),
    params:
        campaign=campaign_of,
        code=job_code("vra", "vra_bench"),
    script:
        "../scripts/vra_bench.py"


rule vra_bench_summary:
    """Draw which strategy needs how many labels."""
    input:
        vra_targets.campaigns(ASSISTANT),
    output:
        table=of_experiment(places.CURVES),
        picture=report(
            of_experiment(places.CURVES_PNG),
            caption="../report/bench.rst",
            category="Assistant",
        ),
    log:
        paths.log("vra_bench_summary"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        target=ASSISTANT.bench.target if ASSISTANT.bench else None,
        title=ASSISTANT.experiment,
        code=job_code("vra", "vra_bench_summary"),
    script:
        "../scripts/vra_bench_summary.py"
