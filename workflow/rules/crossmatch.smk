"""Alerts against catalogues: sort each catalogue once, match each shard."""


def catalog_source(wildcards):
    """Return a catalogue's file, or the alerts that stand for one."""
    catalog = CONFIG.catalogs[wildcards.catalog]
    if catalog.path is not None:
        return [catalog.path]
    return targets.tables([n for n in NIGHTS if n.survey == catalog.alerts], "alerts")


def stores(survey):
    """Return the sorted catalogues that a survey's alerts are matched against."""
    names = targets.catalogs_of(CONFIG, survey)
    return [paths.CATALOG.format(catalog=name) for name in names]


rule sort_catalog:
    """Sort a catalogue by HEALPix pixel, to be memory-mapped by all shards."""
    input:
        catalog_source,
    output:
        directory(paths.CATALOG),
    log:
        paths.log("sort_catalog", "catalog"),
    conda:
        "../envs/nightmill.yaml"
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
        code=source_hash("pipeline.crossmatch.build"),
    script:
        "../scripts/sort_catalog.py"


rule match:
    """Match one shard's alerts with all catalogues of its survey."""
    input:
        alerts=paths.table("alerts"),
        stores=by_survey(stores),
    output:
        paths.table("matches"),
    log:
        paths.log("match", "survey", "night", "shard"),
    conda:
        "../envs/nightmill.yaml"
    params:
        catalogs=by_survey(lambda survey: as_params(targets.catalogs_of(CONFIG, survey))),
        code=source_hash("pipeline.jobs.match"),
    script:
        "../scripts/match.py"
