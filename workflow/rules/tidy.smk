"""Before the first job: services are asked, and results removed that nothing makes any more."""

import time

from pipeline.plan.ready import unready
from pipeline.plan.targets import lost_tables
from pipeline.plan.tidy import remove, stale_files

# Jobs on other machines read this file as well: the main process alone looks.
STALE = list(stale_files(REQUEST)) if workflow.is_main_process else []
LOST = list(lost_tables(REQUEST)) if workflow.is_main_process else []
# Asked for by `rule all`, so that something runs where nothing else is to do.
TIDIED = "logs/tidied"
TO_TIDY = [TIDIED] if STALE else []


onstart:
    # Before any job, and whatever is asked for. A workflow that has ours as a module leaves
    # its hooks out: there the job below is the one that removes.
    if workflow.is_main_process and not workflow.touch:
        to_run = {
            job.rule.name for job in workflow.dag.needrun_jobs() if is_ours(job)
        }
        if lines := list(unready(REQUEST, to_run)):
            stop("\n".join(lines))
        for path in remove(STALE):
            logger.info(f"removed {path}: the configuration makes it no more")


rule tidy:
    """Remove results that the configuration makes no more."""
    output:
        touch(TIDIED),
    log:
        paths.log("tidy"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        stale=list(map(str, STALE)),
        # Whoever asks needs it now, whenever it was last there.
        asked=time.time_ns(),
    script:
        "../scripts/tidy.py"
