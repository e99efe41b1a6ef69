"""What the tests ask of SLURM, in the words of its users: squeue, sacct, scancel."""

import tempfile
import time
from pathlib import Path

import slurm_cluster
from daemons import call, wait_until


class Slurm:
    """A SLURM of one node."""

    profile = "slurm"
    options = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")
    unavailable = staticmethod(slurm_cluster.unavailable)

    def start(self) -> None:
        slurm_cluster.start()

    def stop(self) -> None:
        slurm_cluster.stop_all()

    def work_folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="slurm-"))

    def adopt(self, folder: Path) -> None:
        """Root submits."""

    def command(self, directory: Path, command: list[str]) -> list[str]:
        return command

    def jobs(self) -> dict[str, str]:
        lines = call(["squeue", "--noheader", "--states=R", "--format=%i %k"]).splitlines()
        return {line.split()[0]: rule_of(line.split()[1]) for line in lines}

    def requests(self, rule: str) -> list[tuple[int, int]]:
        return [(int(memory.rstrip("M")), int(cpus)) for memory, cpus in self._accounts(rule)]

    def _accounts(self, rule: str) -> list[tuple[str, str]]:
        lines = call(
            [
                "sacct", "--allocations", "--noheader", "--parsable2", f"--starttime={self.since}",
                "--duplicates", "--format=comment,reqmem,reqcpus",
            ]
        ).splitlines()  # fmt: skip
        rows = [line.split("|") for line in lines]
        return [(memory, cpus) for comment, memory, cpus in rows if rule_of(comment) == rule]

    def remove(self, job: str) -> None:
        call(["scancel", job])

    def preempt(self, job: str) -> None:
        call(["scontrol", "requeue", job])
        # SLURM lets a requeued job wait for two minutes, lest it fails there again.
        wait_until("it waits", lambda: call(["squeue", "-h", "-j", job, "-o", "%T"]) == "PENDING\n")
        call(["scontrol", "update", f"jobid={job}", "starttime=now"])

    def restart_scheduler(self) -> None:
        # A step that is started just then waits for minutes: that is SLURM's way.
        wait_until("a step runs", lambda: ".0 " in call(["squeue", "-h", "-s", "-o", "%i "]))
        slurm_cluster.stop_daemon("slurmctld")
        time.sleep(5)
        slurm_cluster.start_daemon("slurmctld")

    def small_memory(self, rule: str) -> list[str]:
        return ["--set-resources", f"{rule}:mem_mb=100 if attempt == 1 else 2000"]

    def forget(self) -> None:
        call(["scancel", "--user", "root"])
        wait_until("no job is left", lambda: not call(["squeue", "-h"]).strip())
        time.sleep(1)  # sacct counts whole seconds
        self.since = time.strftime("%Y-%m-%dT%H:%M:%S")


def rule_of(comment: str) -> str:
    """Return the rule that the plugin wrote into a job's comment.

    >>> rule_of("rule_scan_chunk_wildcards_sim_00"), rule_of("rule_index")
    ('scan_chunk', 'index')
    """
    return comment.removeprefix("rule_").split("_wildcards_")[0]
