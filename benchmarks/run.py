"""Run all benchmarks, or those named, and write them into benchmarks/RESULTS.md: `make bench`.

Each module ``bench_*.py`` measures one subject, with its peer in the same run; one that
fails is reported and the others go on. A section says on which machine and commit it was run.
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
_TITLE = """\
# Benchmarks

Written by `make bench`: timings of a shared machine, of one run; the peer is measured in the same
run.
"""
PACKAGES = ("numpy", "numba", "pyarrow", "astropy", "onnxruntime", "tensorflow-cpu", "snakemake")


def main() -> int:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", help="for example: alerts crossmatch")
    parser.add_argument("--quick", action="store_true", help="small, to see that they run")
    arguments = parser.parse_args()
    subjects = arguments.subjects or sorted(p.stem[6:] for p in HERE.glob("bench_*.py"))
    sections, failed = {}, []
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
        sections[subject] = f"{module.__doc__.strip()}\n\n{table}\n\n{_machine()}\n"
    if not arguments.quick:
        _write(HERE / "RESULTS.md", sections)
    print(f"failed: {', '.join(failed)}" if failed else "all benchmarks ran")
    return len(failed)


def _write(path: Path, sections: dict[str, str]) -> None:
    """Put sections into the results; those of other subjects stay."""
    text = path.read_text() if path.exists() else ""
    there = dict(part.split("\n\n", 1) for part in text.split("\n## ")[1:])
    there |= sections
    parts = [f"## {name}\n\n{there[name].strip()}\n" for name in sorted(there)]
    path.write_text("\n".join([_TITLE, *parts]))


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False, cwd=HERE,
    ).stdout.strip()  # fmt: skip
    return (
        f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()},"
        f" {versions}; commit {commit}."
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
