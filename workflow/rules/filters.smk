"""Users' filters on alerts: all of them on each shard, once its packets are indexed."""


include: "functions/filters.smk"


rule filter:
    """Run all filters of a survey on one shard of a night."""
    input:
        unpack(tables_of_filters),
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        candidates=paths.table("candidates"),
        verdicts=paths.table("verdicts"),
        counts=filters.COUNTS,
    log:
        paths.log("filter", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: filter_needs.filter_need(
                count, night.shards, len(filters.active(REQUEST, night.survey)), kind
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        filters=by_survey(
            lambda survey: [
                asdict(one.filter) for one in filters.active(REQUEST, survey)
            ]
        ),
        joined=by_survey(lambda survey: sorted(filters.joined(REQUEST, survey))),
        catalogs=by_survey(lambda survey: filters.catalogs(REQUEST, survey)),
        dump=dump_state,
        code=survey_code("filters", "filter"),
    script:
        "../scripts/filter.py"


rule summarise_filters:
    """Add up a night's filters."""
    input:
        counts=lambda wildcards: paths.of_shards(filters.COUNTS, [night_of(wildcards)]),
        earlier=lambda wildcards: filters.earlier(
            REQUEST, wildcards.survey, wildcards.night
        ),
    output:
        filters.SUMMARY,
    log:
        paths.log("summarise_filters", "survey", "night"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        code=job_code("filters", "summarise_filters"),
    script:
        "../scripts/summarise_filters.py"
