"""Packets to tables: fetch, index, decode, sum up."""


rule fetch:
    """Fetch a night's dump from the web."""
    output:
        paths.DOWNLOAD,
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


rule index:
    """Find every packet of a night once, so that shards read just theirs."""
    input:
        dump=lambda wildcards: targets.dump(night_of(wildcards)),
    output:
        index=paths.INDEX,
        spool=paths.SPOOL,
    log:
        paths.log("index", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(lambda night: sizing.index(packets_of(night))),
    params:
        schemas=lambda wildcards: night_of(wildcards).schemas,
        dump=dump_state,
        schemas_in=lambda wildcards: input_state(night_of(wildcards).schemas or ""),
        code=survey_code("pipeline.alerts.index"),
    script:
        "../scripts/index.py"


rule decode:
    """Decode and clean one shard of a night."""
    input:
        # the index says where in the dump each packet lies
        dump=lambda wildcards: targets.dump(night_of(wildcards)),
        index=paths.INDEX,
        spool=paths.SPOOL,
    output:
        alerts=paths.table("alerts"),
        history=paths.table("history"),
        rejected=paths.table("rejected"),
        counts=paths.COUNTS,
    log:
        paths.log("decode", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(lambda night: sizing.decode(packets_of(night), night.shards)),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        dump=dump_state,
        code=survey_code("pipeline.alerts.decode"),
    script:
        "../scripts/decode.py"


rule summary:
    """Add up a night, and remove what an earlier sharding of it left."""
    input:
        lambda wildcards: targets.counts(night_of(wildcards)),
    output:
        paths.SUMMARY,
    log:
        paths.log("summary", "survey", "night"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        shards=lambda wildcards: targets.shards(night_of(wildcards)),
        folders=lambda wildcards: [
            paths.night_folder(name).format_map(wildcards) for name in paths.SHARDED
        ],
        code=source_hash("pipeline.alerts.night"),
    script:
        "../scripts/summary.py"
