"""Users' filters on alerts: all of them on each shard, once its packets are indexed."""


include: "functions/filters.smk"


wildcard_constraints:
    month=r"\d{6}",


rule keep_histories:
    """Keep what a shard's packets know of earlier times, for later nights' filters."""
    input:
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        directory(histories.STORE),
    log:
        paths.log("keep_histories", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: filter_needs.keep_need(
                count, night.shards, kind
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        dump=dump_state,
        code=survey_code("filters", "keep_histories"),
    script:
        "../scripts/keep_histories.py"


rule merge_histories:
    """Merge what is kept of a month's nights."""
    input:
        lambda wildcards: paths.of_shards(
            histories.STORE,
            filters.nights_of_months(REQUEST, wildcards.survey).get(
                wildcards.month, []
            ),
        ),
    output:
        directory(histories.MONTH),
    log:
        paths.log("merge_histories", "survey", "month"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(month_need),
    params:
        code=survey_code("filters", "merge_histories"),
    script:
        "../scripts/merge_histories.py"


rule filter:
    """Run all filters of a survey on one shard of a night."""
    input:
        unpack(tables_of_filters),
        earlier=earlier_histories,
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
        filters=files_of_filters,
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
                count,
                night.shards,
                len(configured.active(REQUEST, night.survey)),
                kind,
                stores_seen(night),
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        filters=by_survey(
            lambda survey: [
                asdict(one.filter) for one in configured.active(REQUEST, survey)
            ]
        ),
        joined=by_survey(lambda survey: sorted(configured.joined(REQUEST, survey))),
        catalogs=by_survey(lambda survey: configured.catalogs(REQUEST, survey)),
        history=CONFIG.filters.history,
        server=by_survey(lambda survey: configured.server(REQUEST, survey)),
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


rule write_payloads:
    """Write what SkyPortal is told of a shard's candidates."""
    input:
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
        candidates=paths.table("candidates"),
        filters=files_of_filters,
    output:
        filters.PAYLOADS,
    log:
        paths.log("write_payloads", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: filter_needs.payloads_need(
                count, night.shards, kind
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        filters=by_survey(
            lambda survey: [
                (asdict(one.filter), asdict(one.sending))
                for one in configured.active(REQUEST, survey)
            ]
        ),
        instrument=lambda wildcards: skyportal_instrument(),
        dump=dump_state,
        code=survey_code("filters", "write_payloads"),
    script:
        "../scripts/write_payloads.py"


# Where nobody said how many jobs may post at once (`--resources skyportal=…`).
if "skyportal" not in workflow.global_resources:
    workflow.register_resource("skyportal", 2)


rule post_payloads:
    """Post a shard's requests to SkyPortal; the receipt says what it has taken."""
    input:
        filters.PAYLOADS,
    output:
        filters.RECEIPT,
    log:
        paths.log("post_payloads", "survey", "night", "shard"),
    # A cluster's nodes seldom see the web.
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    resources:
        skyportal=1,
    params:
        url=lambda wildcards: configured.skyportal(REQUEST).url,
        token_file=lambda wildcards: configured.skyportal(REQUEST).token_file,
        code=job_code("filters", "post_payloads"),
    script:
        "../scripts/post_payloads.py"
