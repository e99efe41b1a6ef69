"""Run all benchmarks and write benchmarks/RESULTS.md: `make bench`.

Each module ``bench_*.py`` measures one subject, with its peer in the same run; one that
fails is reported and the others go on.
"""

import argparse
import importlib
import os
import platform
import subprocess
import sys
import traceback
from importlib.metadata import version
from pathlib import Path

from measure import markdown

HERE = Path(__file__).parent
PACKAGES = ("numpy", "numba", "pyarrow", "astropy", "onnxruntime", "tensorflow-cpu", "snakemake")


def main() -> int:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", help="for example: alerts crossmatch")
    parser.add_argument("--quick", action="store_true", help="small, to see that they run")
    arguments = parser.parse_args()
    subjects = arguments.subjects or sorted(p.stem[6:] for p in HERE.glob("bench_*.py"))
    parts, failed = [_header()], []
    for subject in subjects:
        print(f"benchmark: {subject}", flush=True)
        module = importlib.import_module(f"bench_{subject}")
        try:
            table = markdown(module.run(quick=arguments.quick))
        except Exception:
            traceback.print_exc()
            failed.append(subject)
            continue
        print(table, flush=True)
        parts.append(f"## {subject}\n\n{module.__doc__.strip()}\n\n{table}\n")
    if not arguments.quick and not arguments.subjects and not failed:
        (HERE / "RESULTS.md").write_text("\n".join(parts))
    print(f"failed: {', '.join(failed)}" if failed else "all benchmarks ran")
    return len(failed)


def _header() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False, cwd=HERE,
    ).stdout.strip()  # fmt: skip
    return (
        "# Benchmarks\n\nWritten by `make bench`: timings of a shared machine, of one run;"
        " the peer is measured in the same run.\n\n"
        f"Machine: {_processor()}, {os.cpu_count()} cores. Python {platform.python_version()},"
        f" {versions}. Commit {commit}.\n"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.chdir(HERE.parent)
    sys.exit(main())
