"""What a job of SLURM and HTCondor costs beside its work, and how that grows with their number.

The jobs write an empty file. CPU seconds are those of the whole machine, so that the daemons
and the calls of Snakemake inside each job count: nothing else may run. The same workflow is
run without a cluster (`profiles/local`) as well, where such a job is a fork. Root on Debian
only, as `make test-clusters` is: elsewhere this measures nothing.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil
from measure import Figure, figure

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/clusters"))

from cluster_run import Cluster, Run  # noqa: E402 - the tests' folder is on the path just now
from htcondor_client import HTCondor  # noqa: E402
from slurm_client import Slurm  # noqa: E402

SNAKEFILE = """
rule all:
    input: [f"done/{job}" for job in range(config["jobs"])]
rule empty:
    output: "done/{job}"
    resources: mem_mb=200, htcondor_request_mem_mb=200
    shell: "touch {output}"
"""


def run(quick: bool) -> list[Figure]:
    """Time many empty jobs on both clusters.

    Parameters
    ----------
    quick : bool
        2 and 4 jobs rather than 10 and 100.
    """
    few, many = (2, 4) if quick else (10, 100)
    figures = []
    for kind in (Slurm, HTCondor):
        if reason := kind.unavailable():
            print(f"{kind.__name__}: {reason}")
            continue
        cluster = kind()
        cluster.start()
        try:
            figures += _figures(kind.__name__, cluster, few, many)
        finally:
            cluster.stop()
    return figures


def _figures(name: str, cluster: Cluster, few: int, many: int) -> list[Figure]:
    cpu, wall = zip(*(_cost(cluster, jobs) for jobs in (few, many)), strict=True)
    local_cpu, local_wall = _cost(None, many)
    growth = f"the total grows {cpu[1] / cpu[0]:.1f}x from {few} jobs to {many}"
    return [
        figure(
            f"{name}: CPU a job, of {jobs}", cpu[i] / jobs, "CPU s",
            note=f"{growth}; without a cluster {local_cpu / many:.2f} CPU s",
        )
        for i, jobs in enumerate((few, many))
    ] + [
        figure(
            f"{name}: time a job, of {jobs}", wall[i] / jobs, "s",
            note=f"without a cluster {local_wall / many:.2f} s",
        )
        for i, jobs in enumerate((few, many))
    ]  # fmt: skip


def _cost(cluster: Cluster | None, jobs: int) -> tuple[float, float]:
    """Return the CPU seconds of this machine and the seconds that a run of empty jobs takes."""
    folder = cluster.work_folder() if cluster else Path(tempfile.mkdtemp())
    try:
        (folder / "workflow").mkdir()
        (folder / "workflow/Snakefile").write_text(SNAKEFILE)
        (folder / "config.yaml").write_text(f"jobs: {jobs}\n")
        shutil.copytree(ROOT / "profiles", folder / "profiles")
        running = Run(folder, cluster, source=Path())
        cpu, wall = _busy(), time.perf_counter()
        running.snakemake()
        return _busy() - cpu, time.perf_counter() - wall
    finally:
        shutil.rmtree(folder)


def _busy() -> float:
    """Return the CPU seconds that this machine has worked since it started."""
    times = psutil.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    os.chdir(ROOT)
    for row in run(quick="--quick" in sys.argv):
        print(row)
