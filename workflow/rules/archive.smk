"""Cone indexes of alerts: one a night, merged by month; their documents, here and in a MongoDB."""


include: "functions/alerts.smk"  # matchfiles may be there without any night
include: "functions/archive.smk"


wildcard_constraints:
    month=r"\d{6}",
    matchfile="[A-Za-z0-9_-]+",


rule index_cones:
    """Sort a night's alerts by HEALPix pixel, to be searched by position."""
    input:
        lambda wildcards: paths.of_shards(paths.table("alerts"), [night_of(wildcards)]),
    output:
        directory(places.CONES),
    log:
        paths.log("index_cones", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(lambda night, count, kind: archive_needs.index_need(count)),
    params:
        columns=CONFIG.archive.columns,
        code=job_code("archive", "index_cones"),
    script:
        "../scripts/index_cones.py"


rule merge_cones:
    """Merge the cone indexes of a month's nights."""
    input:
        lambda wildcards: archive.cones_of(nights_of_month(wildcards)),
    output:
        directory(places.MONTH),
    log:
        paths.log("merge_cones", "survey", "month"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(merge_need),
    params:
        code=job_code("archive", "merge_cones"),
    script:
        "../scripts/merge_cones.py"


rule documents:
    """Keep a shard's alerts as documents."""
    input:
        unpack(joined_scores),
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        directory(places.DOCUMENTS),
    log:
        paths.log("documents", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: archive_needs.documents_need(
                count, night.shards
            )
        ),
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        dump=dump_state,
        code=survey_code("archive", "documents"),
    script:
        "../scripts/documents.py"


# Where nobody said how many jobs may write to the MongoDB at once (`--resources mongodb=…`).
if "mongodb" not in workflow.global_resources:
    workflow.register_resource("mongodb", CONFIG.archive.connections)


rule ingest:
    """Write a shard's alerts to a MongoDB, and the receipt when it has acknowledged them."""
    input:
        unpack(joined_tables),
        # the index says where in the dump each packet lies
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        places.RECEIPT,
    log:
        paths.log("ingest", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: archive_needs.ingest_need(count, night.shards)
        ),
        mongodb=1,
    params:
        shards=lambda wildcards: night_of(wildcards).shards,
        tables=by_survey(lambda survey: mongo.joined(REQUEST, survey)),
        target=CONFIG.archive.target(),
        catalogs=by_survey(lambda survey: list(of_survey(CONFIG.catalogs, survey))),
        stamps=CONFIG.archive.stamps,
        dump=dump_state,
        code=survey_code("archive", "ingest"),
    script:
        "../scripts/ingest.py"


rule read_matchfile:
    """Make tables of a ZTF matchfile: sources, light curves, exposures."""
    input:
        lambda wildcards: MATCHFILES[wildcards.matchfile],
    output:
        places.MATCHFILE_TABLES,
    log:
        paths.log("read_matchfile", "matchfile"),
    conda:
        "../envs/tensorflow.yaml"
    resources:
        **sized(
            lambda wildcards: matchfiles.need(
                "read_matchfile", MATCHFILES[wildcards.matchfile]
            )
        ),
    params:
        file=lambda wildcards: input_state(MATCHFILES[wildcards.matchfile]),
        code=job_code("archive", "read_matchfile"),
    script:
        "../scripts/read_matchfile.py"


rule ingest_matchfile:
    """Write a matchfile's sources to a MongoDB, and the receipt."""
    input:
        places.MATCHFILE_TABLES,
    output:
        places.MATCHFILE_RECEIPT,
    log:
        paths.log("ingest_matchfile", "matchfile"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(
            lambda wildcards: matchfiles.need(
                "ingest_matchfile", MATCHFILES[wildcards.matchfile]
            )
        ),
        mongodb=1,
    params:
        target=CONFIG.archive.target(),
        code=job_code("archive", "ingest_matchfile"),
    script:
        "../scripts/ingest_matchfile.py"


rule ingest_catalog:
    """Write a catalogue to a MongoDB, and the receipt."""
    input:
        places.STORE,
    output:
        places.CATALOG_RECEIPT,
    log:
        paths.log("ingest_catalog", "catalog"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(lambda wildcards: archive_stores.need(REQUEST, wildcards.catalog)),
        mongodb=1,
    params:
        target=CONFIG.archive.target(),
        code=job_code("archive", "ingest_catalog"),
    script:
        "../scripts/ingest_catalog.py"
