"""The assistant: features of the alerts that passed its filter."""

from pipeline.vra import need as vra_needs


rule features:
    """Write the features of one shard's alerts that passed the assistant's filter."""
    input:
        alerts=paths.table("alerts"),
        history=paths.table("history"),
        candidates=paths.table("candidates"),
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
        code=survey_code("vra", "features"),
    script:
        "../scripts/features.py"
