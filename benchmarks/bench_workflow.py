"""What Snakemake costs beside the work: planning a night of 200 and 1,000 shards, and a no-op.

A shard is three jobs (decode, score, match), so 1,000 shards are about 3,000 jobs. The peer
is a Snakefile without any functions, parameters or package that has the same jobs, outputs and
logs: what Snakemake itself takes. (Kowalski's daemons plan nothing.)
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from measure import Figure, figure

from pipeline.simulate.alerts import simulate_alerts

ROOT = Path(__file__).parents[1]
NIGHT = "20260101"
MOST_TIMES = 1.2
"""How much longer than the bare Snakefile the plan of 1,000 shards may take."""
BARE = """
TABLES = ["alerts", "history", "rejected", "counts", "scores", "matches"]
rule all:
    input: [f"r/{table}/{shard:04d}" for table in TABLES for shard in range(SHARDS)]
rule decode:
    output: [f"r/{table}/{{shard}}" for table in TABLES[:4]]
    log: "logs/decode/{shard}"
    script: "bare.py"
rule score:
    output: "r/scores/{shard}"
    log: "logs/score/{shard}"
    script: "bare.py"
rule match:
    input: "r/alerts/{shard}"
    output: "r/matches/{shard}"
    log: "logs/match/{shard}"
    script: "bare.py"
"""


def run(quick: bool) -> list[Figure]:
    """Time a dry run of many shards, and a run in which nothing has changed.

    Parameters
    ----------
    quick : bool
        A tenth of the shards.
    """
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_alerts(folder / "data", 20, 1, NIGHT, format_="tarball")
        for shards, seconds in ((200, 3.0), (1000, None)):
            number = shards // 10 if quick else shards
            _configure(folder, number)
            ours, bare = _planning(folder, number)
            rows.append(
                figure(
                    f"dry run of a night in {number} shards", ours, "CPU s", peer=bare,
                    goal=seconds or MOST_TIMES * bare,
                    note="peer: a bare Snakefile of the same jobs; medians of 3",
                )
            )  # fmt: skip
        _configure(folder, 2)
        _snakemake(folder, "--quiet", "all")
        nothing = _snakemake(folder, "--quiet", "all")
    return [
        *rows,
        figure(
            "run when nothing has changed", nothing, "CPU s", goal=3, note="a night in 2 shards"
        ),
    ]


def _planning(folder: Path, shards: int) -> tuple[float, float]:
    """Return the CPU seconds of a dry run, ours and the bare Snakefile's, taken in turn."""
    (folder / "bare.py").write_text("")
    (folder / "bare.smk").write_text(f"SHARDS = {shards}\n{BARE}")
    dry_run = ("--dry-run", "--quiet", "all")
    rounds = [
        (_snakemake(folder, *dry_run), _snakemake(folder, *dry_run, snakefile="bare.smk"))
        for _ in range(3)
    ]
    ours, bare = zip(*rounds, strict=True)
    return statistics.median(ours), statistics.median(bare)


def _configure(folder: Path, shards: int) -> None:
    model = {"version": "1", "path": str(ROOT / "demo/models/realbogus.h5")}
    config = {
        "alerts": "alerts.tsv",
        "catalogs": {"stars": {"path": "data/stars.parquet", "columns": ["type"]}},
        "models": {"realbogus": model},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    line = f"ztf\t{NIGHT}\tdata/ztf_public_{NIGHT}.tar.gz\t{shards}\n"
    (folder / "alerts.tsv").write_text("survey\tnight\tpath\tshards\n" + line)


def _snakemake(
    folder: Path, *arguments: str, snakefile: str | Path = ROOT / "workflow/Snakefile"
) -> float:
    """Return the CPU seconds of a call of snakemake and its jobs."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            sys.executable, "-m", "snakemake", "--snakefile", str(snakefile),
            "--profile", str(ROOT / "profiles/local"), "--configfile", "config.yaml", *arguments,
        ],
        cwd=folder, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    for row in run(quick=False):
        print(row)
