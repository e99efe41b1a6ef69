"""Alerts against catalogues: sort each catalogue once, match each shard."""


include: "functions/crossmatch.smk"


wildcard_constraints:
    catalog="[A-Za-z0-9_]+",


rule sort_catalog:
    """Sort a catalogue by HEALPix pixel, to be memory-mapped by all shards."""
    input:
        catalog_sources,
    output:
        directory(crossmatch.CATALOG),
    log:
        paths.log("sort_catalog", "catalog"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(lambda wildcards: crossmatch.need_to_sort(REQUEST, wildcards.catalog)),
    params:
        # What is matched how does not change the store.
        catalog=lambda wildcards: asdict(CONFIG.catalogs[wildcards.catalog].source),
        file=lambda wildcards: input_state(
            CONFIG.catalogs[wildcards.catalog].path or ""
        ),
        code=job_code("crossmatch", "sort_catalog"),
    script:
        "../scripts/sort_catalog.py"


rule match:
    """Match one shard's alerts with all catalogues of its survey."""
    input:
        alerts=paths.table("alerts"),
        stores=by_survey(lambda survey: crossmatch.stores(REQUEST, survey)),
    output:
        paths.table("matches"),
    log:
        paths.log("match", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: crossmatch.match_need(
                count, night.shards, len(of_survey(CONFIG.catalogs, night.survey))
            )
        ),
    params:
        catalogs=by_survey(
            lambda survey: {
                name: asdict(cone)
                for name, cone in crossmatch.cones(CONFIG.catalogs, survey).items()
            }
        ),
        code=job_code("crossmatch", "match"),
    script:
        "../scripts/match.py"
