"""A run ends with what was found, or with what failed, why, and what to do."""

from workdir import make_workdir


def test_the_last_lines(tmp_path):
    workdir = make_workdir(tmp_path)
    good = (workdir.path / "bright.onnx").read_bytes()
    (workdir.path / "bright.onnx").write_bytes(b"no model")
    workdir.configure(2)
    output = workdir.snakemake("--cores", "2", ok=False)
    (failed,) = [line for line in output.splitlines() if line.startswith("  convert_model bright:")]
    assert "bright.onnx: " in failed
    assert failed.endswith("(logs/convert_model/bright.log)")
    assert "1 job failed:" in output
    assert "not done for want of these: " in output
    (workdir.path / "bright.onnx").write_bytes(good)
    output = workdir.snakemake("--cores", "2")
    assert "Results are in results" in output
    assert "failed" not in output
    (workdir.path / "results/history/ztf/20180201/0001.parquet").unlink()
    assert workdir.planned()["decode"] == 1  # it comes along with files that are asked for
    # a dry run, and what `--quiet all` silences, say nothing of it
    assert "Results are in" not in workdir.snakemake("--dry-run")
