"""Cone indexes of alerts: one a night, merged by month."""


include: "functions/archive.smk"


wildcard_constraints:
    month=r"\d{6}",


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
