"""Compare the results of this checkout with those of another commit, file by file.

    python benchmarks/same_results.py COMMIT DIRECTORY

runs the workflow with the configuration of DIRECTORY (its ``config/`` and what that names) by
both, each in a folder of its own, and compares all that lies under ``results/``: parquet by
value, order and schema, JSON, CSV and npz by value but for what is no result (`NO_RESULTS`),
everything else by bytes. Exit status 1, and a line a file, where something differs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
BEFORE, NOW = "before", "now"
# Timings, and what says which code a file was made by.
NO_RESULTS = {"seconds", "runtimes_s", "reco_seconds", "fingerprint", "progress"}


def main() -> int:
    """Run both, unless they have run, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", help="the peer")
    parser.add_argument("directory", type=Path, help="with config/config.yaml")
    parser.add_argument("--now", metavar="COMMIT", help="not this checkout but that commit")
    parser.add_argument("--work", type=Path, help="folder to run in (default: a new one)")
    parser.add_argument("--keep", action="store_true", help="do not run what has run there")
    arguments = parser.parse_args()
    commits = {BEFORE: arguments.commit, NOW: arguments.now}
    work = (arguments.work or Path(tempfile.mkdtemp(prefix="same_results-"))).resolve()
    print(f"in {work}")
    for name, commit in commits.items():
        if not (arguments.keep and (work / name / "results").is_dir()):
            checkout = _checkout(commit, work / f"checkout_{name}") if commit else ROOT
            _run(checkout, arguments.directory, work / name)
    lines = list(differences(work / BEFORE / "results", work / NOW / "results"))
    print(*lines, f"{len(lines)} differences", sep="\n")
    return bool(lines)


def _checkout(commit: str, folder: Path) -> Path:
    """Unpack a commit; no worktree, which would stay behind in the repository."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    return folder


def _run(checkout: Path, directory: Path, workdir: Path) -> None:
    shutil.rmtree(workdir, ignore_errors=True)
    shutil.copytree(directory / "config", workdir / "config")
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", checkout / "workflow/Snakefile",
        "--profile", checkout / "profiles/local", "--quiet", "rules",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    subprocess.run(command, cwd=workdir, check=True, env=environment)


def differences(before: Path, now: Path) -> Iterator[str]:
    """Yield one line for each file that only one has, or that differs."""
    files = [{p.relative_to(top) for p in top.rglob("*") if p.is_file()} for top in (before, now)]
    yield from (f"only {BEFORE}: {path}" for path in sorted(files[0] - files[1]))
    yield from (f"only {NOW}: {path}" for path in sorted(files[1] - files[0]))
    for path in sorted(files[0] & files[1]):
        if (before / path).read_bytes() != (now / path).read_bytes() and (
            how := _difference(before / path, now / path)
        ):
            yield f"{path}: {how}"


def _difference(before: Path, now: Path) -> str | None:
    """Return how two files differ in value, or None."""
    if before.suffix not in _READERS:
        return "bytes"
    old, new = (_READERS[before.suffix](path) for path in (before, now))
    names = sorted(k for k in {*old, *new} - NO_RESULTS if old.get(k) != new.get(k))
    return ", ".join(names) if names else None


def _parquet(path: Path) -> dict[str, str]:
    table = pq.read_table(path)
    # As text, so that NaN equals NaN and nothing is rounded.
    columns = {name: repr(table[name].to_pylist()) for name in table.column_names}
    return {**columns, "(schema)": table.schema.to_string()}


def _json(path: Path) -> dict[str, object]:
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {"(all)": content}


def _csv(path: Path) -> dict[str, object]:
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("list")


def _npz(path: Path) -> dict[str, object]:
    values: dict[str, object] = {}
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            array = file[name]
            parts = {f: array[f] for f in array.dtype.names} if array.dtype.names else {name: array}
            values |= {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in parts.items()}
    return values


_READERS = {".parquet": _parquet, ".json": _json, ".csv": _csv, ".npz": _npz}


if __name__ == "__main__":
    sys.exit(main())
