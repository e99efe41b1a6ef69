"""Packets to tables: fetch, index, decode, sum up."""


include: "functions/alerts.smk"


rule fetch:
    """Fetch a night's dump from the web."""
    output:
        alerts.DOWNLOAD,
    log:
        paths.log("fetch", "survey", "night", "file"),
    # A cluster's nodes seldom see the web.
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        url=lambda wildcards: night_of(wildcards).path,
        sha256=lambda wildcards: night_of(wildcards).sha256,
    script:
        "../scripts/fetch.py"


rule index_part:
    """Find the packets of a part of a night once, so that shards read just theirs."""
    input:
        dump=lambda wildcards: night_of(wildcards).dump,
    output:
        index=alerts.PART,
        spool=alerts.SPOOL,
    log:
        paths.log("index_part", "survey", "night", "part"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: packets.index_part(count, night.parts, kind)
        ),
    params:
        parts=lambda wildcards: night_of(wildcards).parts,
        schemas=lambda wildcards: night_of(wildcards).schemas,
        dump=dump_state,
        schemas_in=lambda wildcards: input_state(night_of(wildcards).schemas or ""),
        code=survey_code("alerts", "index_part"),
    script:
        "../scripts/index_part.py"


rule index:
    """Merge the parts of a night's index: sorted as shards read it, each candid once."""
    input:
        lambda wildcards: night_of(wildcards).index_parts,
    output:
        alerts.INDEX,
    log:
        paths.log("index", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(lambda night, count, kind: packets.index(count)),
    params:
        dump=lambda wildcards: night_of(wildcards).dump,
        code=job_code("alerts", "index"),
    script:
        "../scripts/index.py"


rule decode:
    """Decode and clean one shard of a night."""
    input:
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        alerts=paths.table("alerts"),
        history=paths.table("history"),
        rejected=paths.table("rejected"),
        counts=alerts.COUNTS,
    log:
        paths.log("decode", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: packets.decode(
                count, night.shards, kind, history_of(night)
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        history=lambda wildcards: history_of(night_of(wildcards)),
        dump=dump_state,
        code=survey_code("alerts", "decode"),
    script:
        "../scripts/decode.py"


rule summary:
    """Add up a night."""
    input:
        lambda wildcards: night_of(wildcards).counts,
    output:
        report(
            alerts.SUMMARY,
            caption="../report/summary.rst",
            category="Counts",
            labels={"survey": "{survey}", "night": "{night}"},
        ),
    log:
        paths.log("summary", "survey", "night"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        code=job_code("alerts", "summary"),
    script:
        "../scripts/summary.py"
