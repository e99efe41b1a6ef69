"""What the tests ask of HTCondor, in its users' words: condor_q, condor_history, condor_rm."""

import os
import tempfile
import time
from pathlib import Path

import htcondor_cluster
from daemons import wait_until
from htcondor_cluster import USER, inside
from htcondor_cluster import run as condor


class HTCondor:
    """A personal HTCondor pool, of an ordinary user."""

    profile = "htcondor"
    options = ("--latency-wait", "5", "--seconds-between-status-checks", "2")
    unavailable = staticmethod(htcondor_cluster.unavailable)

    def start(self) -> None:
        htcondor_cluster.start()

    def stop(self) -> None:
        htcondor_cluster.stop_all()

    def work_folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="htcondor-"))

    def adopt(self, folder: Path) -> None:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, USER, USER, follow_symlinks=False)

    def command(self, directory: Path, command: list[str]) -> list[str]:
        return inside(command, directory)

    def jobs(self) -> dict[str, str]:
        return {job: rule_of(name) for job, name in self._queue("JobStatus == 2")}

    def _queue(self, constraint: str) -> list[tuple[str, str]]:
        lines = condor(
            ["condor_q", "-constraint", constraint, "-af", "ClusterId", "JobBatchName"]
        ).splitlines()
        return [(job, name) for job, name in (line.split() for line in lines)]

    def requests(self, rule: str) -> list[tuple[int, int]]:
        what = ["ClusterId", "JobBatchName", "RequestMemory", "RequestCpus"]
        found = {}  # a job that has just ended is in both
        for command in ("condor_q", "condor_history"):
            for line in condor([command, "-af", *what]).splitlines():
                job, name, memory, cpus = line.split()
                if rule_of(name) == rule and int(job) > self.last:
                    found[int(job)] = (int(memory), int(cpus))
        return [found[job] for job in sorted(found)]

    def remove(self, job: str) -> None:
        condor(["condor_rm", job])

    def preempt(self, job: str) -> None:
        condor(["condor_vacate_job", "-fast", job])

    def restart_scheduler(self) -> None:
        condor(["condor_restart", "-daemon", "schedd", "-fast"])
        time.sleep(3)
        wait_until("the queue answers", lambda: condor(["condor_q", "-totals"]))

    def small_memory(self, rule: str) -> list[str]:
        return ["--set-resources", f"{rule}:htcondor_request_mem_mb=100 if attempt == 1 else 2000"]

    def forget(self) -> None:
        if self._queue("true"):
            condor(["condor_rm", "-all"])
        wait_until("no job is left", lambda: not self._queue("true"))
        self.last = max(map(int, condor(["condor_history", "-af", "ClusterId"]).split()), default=0)


def rule_of(name: str) -> str:
    """Return the rule of a job's batch name.

    >>> rule_of("scan_chunk-17")
    'scan_chunk'
    """
    return name.rsplit("-", maxsplit=1)[0]
