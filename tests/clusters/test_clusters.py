"""The workflow on a real SLURM and a real HTCondor: same results, and none lost by faults."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from cluster_run import (
    ALL_TABLES,
    DECODED,
    ROOT,
    assert_same,
    assert_same_skymaps,
    assert_same_told,
    everything,
)
from daemons import call

pytestmark = pytest.mark.clusters


def test_same_results_as_on_one_machine(run, local):
    run.configure(**everything())
    assert sum(run.planned().values()) > 20
    run.snakemake()
    assert_same(local, run.path, *ALL_TABLES)
    assert_same_told(local, run.path)
    assert_same_skymaps(local, run.path)
    assert run.planned() == {}
    asked = {rule: run.cluster.requests(rule) for rule in ("index_part", "score", "scan_chunk")}
    assert {rule: len(jobs) for rule, jobs in asked.items()} == {
        "index_part": 1, "score": 3, "scan_chunk": 8,
    }  # fmt: skip
    assert {job for jobs in asked.values() for job in jobs} == {(1001, 1), (1301, 1), (1600, 1)}
    if run.cluster.profile == "slurm":
        assert len(list(run.path.glob("logs/slurm/efficiency_report_*.csv"))) == 1
    assert run.cluster.requests("summary") == []  # tiny: not worth a job of the cluster


def test_a_job_that_is_killed_for_memory_gets_more(decoding, local):
    decoding.snakemake(*decoding.cluster.small_memory("index_part"))
    memory = [megabytes for megabytes, _ in decoding.cluster.requests("index_part")]
    assert memory == [100, 2000]  # the first attempt is gone when the second runs
    assert_same(local, decoding.path, *DECODED)


def bad_model(run) -> str:
    """Run with a model that is none; return what was said, by a run that tried it once."""
    (run.path / "bad.onnx").write_bytes(b"no model")
    run.configure(models={"bad": {"version": "1", "path": "bad.onnx", "inputs": ["triplet"]}})
    output = run.snakemake("results/models/bad.onnx", ok=False)
    assert len(run.cluster.requests("convert_model")) == 1, output
    assert output.count("bad.onnx: not an ONNX model") == 1, output
    assert "tried again" not in output
    return output


def test_what_stays_is_not_tried_again(run):
    assert "(logs/convert_model/bad.log)" in bad_model(run)


def test_a_job_that_is_removed_is_run_again(decoding, local):
    process = decoding.start()
    decoding.cluster.remove(decoding.wait_for(process, "index_part"))
    decoding.finish(process)
    first, second = decoding.cluster.requests("index_part")
    assert second[0] == 2 * first[0]
    assert_same(local, decoding.path, *DECODED)


def test_a_job_that_is_preempted_runs_again_as_the_same_job(decoding, local):
    process = decoding.start()
    decoding.cluster.preempt(decoding.wait_for(process, "index_part"))
    output = decoding.finish(process)
    assert "failed: " not in output
    assert {memory for memory, _ in decoding.cluster.requests("index_part")} == {1001}
    assert_same(local, decoding.path, *DECODED)


def test_the_scheduler_restarts_while_jobs_run(decoding, local):
    process = decoding.start()
    decoding.wait_for(process, "index_part")
    decoding.cluster.restart_scheduler()
    decoding.finish(process)
    assert_same(local, decoding.path, *DECODED)
    assert len(decoding.cluster.requests("decode")) == 3  # none doubled


def test_snakemake_is_killed_and_started_again(decoding, local):
    process = decoding.start()
    decoding.wait_for(process, "decode")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    decoding.snakemake("--unlock")
    decoding.snakemake()
    assert_same(local, decoding.path, *DECODED)
    assert decoding.planned() == {}


@pytest.mark.parametrize("cluster", ["slurm"], indirect=True)
def test_jobs_in_arrays(decoding, local):
    """As docs/clusters.md says: with room in `--jobs` for all that are ready."""
    decoding.snakemake("--slurm-array-jobs", "decode", "--jobs", "200")
    assert len(decoding.cluster.requests("decode")) == 3
    jobs = call(["sacct", "-nX", "--format=jobid%30", f"--starttime={decoding.cluster.since}"])
    assert sorted(job.split("_")[1] for job in jobs.split() if "_" in job) == ["1", "2", "3"]
    assert_same(local, decoding.path, *DECODED)


def share_nothing(run) -> None:
    for folder in ("workflow", "profiles"):
        shutil.copytree(ROOT / folder, run.path / folder)
    run.profile, run.source = "htcondor-transfer", Path()


@pytest.mark.parametrize("cluster", ["htcondor"], indirect=True)
def test_what_stays_is_known_without_a_shared_filesystem(run):
    """A job's log stays where it ran; what it says on standard error is carried back."""
    share_nothing(run)
    assert "(logs/htcondor/convert_model/convert_model-" in bad_model(run)


@pytest.mark.parametrize("cluster", ["htcondor"], indirect=True)
def test_without_a_shared_filesystem(run, local):
    """Jobs run in scratch folders, with nothing but what HTCondor carries there."""
    share_nothing(run)
    run.configure(**everything())
    run.snakemake()
    assert_same(local, run.path, *ALL_TABLES)
    assert_same_told(local, run.path)
    assert_same_skymaps(local, run.path)
