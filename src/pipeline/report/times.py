"""How long jobs took, by rule: from the last words of their logs (`pipeline.contract.job`).

They differ from run to run, so they stand on the index alone: the pages of nights are the same
bytes for the same inputs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.contract.blocks import Block, Cell, Column, Group, Table, Words

_LAST = re.compile(
    r"(?P<end>done in|failed after) (?P<wall>[\d.]+) s; (?P<cpu>[\d.]+) CPU s, "
    r"at most (?P<memory>[\d.]+) GB"
)
_TAIL = 4096
"""Bytes at the end of a log in which its last words are, unless a traceback is longer."""


@dataclass(frozen=True)
class Job:
    """What a job's log says at its end.

    Attributes
    ----------
    rule, name : str
    failed : bool
    wall_s, cpu_s : float
    memory_gb : float
    """

    rule: str
    name: str
    failed: bool
    wall_s: float
    cpu_s: float
    memory_gb: float


def jobs_of(logs: Path) -> Iterator[Job]:
    """Yield the jobs whose logs a folder has; those that have not ended are left out."""
    for path in sorted(logs.rglob("*.log")):
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL))
            found = [*_LAST.finditer(stream.read().decode(errors="replace"))]
        if found:
            last = found[-1]
            where = path.relative_to(logs).with_suffix("").parts
            numbers = [float(last[name]) for name in ("wall", "cpu", "memory")]
            yield Job(where[0], "/".join(where[1:]), last["end"] == "failed after", *numbers)


def time_blocks(logs: Path) -> list[Block]:
    """Return a table of all rules, and of the jobs that failed."""
    rules: dict[str, list[Job]] = {}
    for job in jobs_of(logs):
        rules.setdefault(job.rule, []).append(job)
    if not rules:
        return [Words("There are no logs of jobs here.")]
    columns = [
        *(Column("rule"), Column("jobs"), Column("CPU [s]", 1), Column("longest [s]", 1)),
        *(Column("the longest"), Column("memory [GB]", 2)),
    ]
    rows: list[list[Cell]] = []
    for rule, jobs in sorted(rules.items(), key=lambda item: -sum(j.cpu_s for j in item[1])):
        longest = max(jobs, key=lambda job: job.wall_s)
        memory = max(job.memory_gb for job in jobs)
        cpu = sum(job.cpu_s for job in jobs)
        rows.append([rule, len(jobs), cpu, longest.wall_s, longest.name or None, memory])
    blocks: list[Block] = [Table("Jobs by rule, as each last ran", columns, rows)]
    failed = [job for jobs in rules.values() for job in jobs if job.failed]
    if failed:
        lines = [[f"{job.rule} {job.name}".strip(), f"logs/{job.rule}/{job.name}.log"]
                 for job in failed]  # fmt: skip
        table = Table("Jobs that failed", [Column("job"), Column("why")], lines)
        blocks.append(Group("Failed", [table]))
    return blocks
