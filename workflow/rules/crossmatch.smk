"""Alerts against catalogues: sort each catalogue once, match each shard."""


rule sort_catalog:
    """Sort a catalogue by HEALPix pixel, to be memory-mapped by all shards."""
    input:
        lambda wildcards: targets.catalog_sources(CONFIG, NIGHTS, wildcards.catalog),
    output:
        directory(paths.CATALOG),
    log:
        paths.log("sort_catalog", "catalog"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(
            lambda wildcards: sizing.sort_catalog(
                sizing.total_mb(
                    targets.catalog_sources(CONFIG, NIGHTS, wildcards.catalog)
                )
            )
        ),
    params:
        # What is matched how does not change the store.
        catalog=lambda wildcards: CONFIG.catalogs[wildcards.catalog].model_dump(
            mode="json",
            exclude={
                "radius_arcsec": True,
                "surveys": True,
                "distance": {"kpc", "low_arcsec"},
            },
        ),
        file=lambda wildcards: input_state(
            CONFIG.catalogs[wildcards.catalog].path or ""
        ),
        code=source_hash("pipeline.crossmatch.build"),
    script:
        "../scripts/sort_catalog.py"


rule match:
    """Match one shard's alerts with all catalogues of its survey."""
    input:
        alerts=paths.table("alerts"),
        stores=by_survey(lambda survey: targets.stores(CONFIG, survey)),
    output:
        paths.table("matches"),
    log:
        paths.log("match", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(sizing.SMALL),
    params:
        catalogs=by_survey(lambda survey: as_params(CONFIG.catalogs, survey)),
        code=source_hash("pipeline.crossmatch.jobs"),
    script:
        "../scripts/match.py"
