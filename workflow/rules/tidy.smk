"""Results that the configuration makes no more are removed when jobs are about to run."""

import time

from pipeline.plan.tidy import remove_stale, stale_files


onstart:
    # Jobs on other machines begin as well: the main process alone tidies.
    if workflow.is_main_process:
        for path in remove_stale(REQUEST):
            logger.info(f"removed {path}: the configuration makes it no more")


# Nothing starts where no job is to run. So where there is something to tidy one is: `rule all`
# asks for it.
TIDIED = "logs/tidied"
TO_TIDY = [TIDIED] if workflow.is_main_process and any(stale_files(REQUEST)) else []


rule tidy:
    """Stand for the removal of results that the configuration makes no more."""
    output:
        touch(TIDIED),
    log:
        paths.log("tidy"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        # Whoever asks needs it now, whenever it was last there.
        asked=time.time_ns(),
    shell:
        "true > {log}"
