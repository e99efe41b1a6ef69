"""The morning page: what it is made of, read once a night; a page a night; an index over all."""


include: "functions/alerts.smk"  # there may be events without any night
include: "functions/report.smk"


rule gather_night:
    """Read what a night's page is made of: facts of all alerts, and the objects on the page."""
    input:
        unpack(tables_of_page),
        # stamps and light curves are in the packets: the index says where these lie
        dump=lambda wildcards: night_of(wildcards).dump,
        index=alerts.INDEX,
        spools=lambda wildcards: night_of(wildcards).spools,
    output:
        facts=pages.FACTS,
        objects=pages.OBJECTS,
    log:
        paths.log("gather_night", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized_by_night(
            lambda night, count, kind: pages.gather_need(count, PAGES.objects)
        ),
    params:
        parts=by_survey(lambda survey: parts_to_gather(REQUEST, survey)),
        objects=PAGES.objects,
        dump=dump_state,
        code=survey_code("report", "gather_night"),
        makers=by_survey(lambda survey: code_of_parts(parts_to_gather(REQUEST, survey))),
    script:
        "../scripts/gather_night.py"


rule report_night:
    """Write the page of a night, and every number on it."""
    input:
        unpack(files_of_page),
        facts=pages.FACTS,
        objects=pages.OBJECTS,
        earlier=lambda wildcards: pages.earlier(
            REQUEST, wildcards.survey, wildcards.night
        ),
    output:
        html=report(
            pages.PAGE,
            caption="../report/night.rst",
            category="Nights",
            labels={"survey": "{survey}", "night": "{night}"},
        ),
        numbers=pages.NUMBERS,
    log:
        paths.log("report_night", "survey", "night"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(pages.page_need(PAGES.objects)),
    params:
        parts=by_survey(lambda survey: parts_to_show(REQUEST, survey)),
        configuration=CONFIGURED,
        code=job_code("report", "report_night"),
        makers=by_survey(lambda survey: code_of_parts(parts_to_show(REQUEST, survey))),
    script:
        "../scripts/report_night.py"


rule report_index:
    """Write the index over all nights and events."""
    input:
        **files_of_index(REQUEST),
        numbers=pages.of_nights(REQUEST, pages.NUMBERS),
    output:
        report(pages.INDEX, caption="../report/index.rst", category="All nights"),
    log:
        paths.log("report_index"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        parts=parts_of_index(REQUEST),
        code=job_code("report", "report_index"),
        makers=code_of_parts(parts_of_index(REQUEST)),
    script:
        "../scripts/report_index.py"
