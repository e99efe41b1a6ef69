"""What a unit of work costs, from the one table of measured figures, ``costs.csv``.

What a job asks a cluster for and what ``nightmill plan`` says are both derived from it.
A rule's cost is the sum over its units: the job itself, each packet, each pixel and so on.
Columns of the table:

- ``rule``; ``dump`` stands for what a packet takes in a dump, ``planning`` for Snakemake,
  ``history_all`` and so on for what decode does for the table history, by what is kept of it,
  ``filter_nights`` for what filters take more where they see earlier nights.
- ``survey``, ``form``: what the figure is of, where it differs; empty is any. The form is
  that of the dump or the catalogue's file, what a network takes, or a reconstruction.
- ``unit``: of which the figures are one.
- ``cpu_ms``: CPU of one process [ms]; ``memory_mb``: of the resident peak [MB].
- ``output_b``, ``spool_b``: what is written [bytes]; ``files``: how many inodes it leaves:
  results, their folders, the log, and a note of Snakemake's for each result.
- ``source``: how it was measured.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.contract.need import Need

TABLE = Path(__file__).with_name("costs.csv")
FIGURES = ("cpu_ms", "memory_mb", "output_b", "spool_b", "files")


@dataclass(frozen=True)
class Cost:
    """One line of the table: what one unit of a rule's work costs."""

    rule: str
    survey: str
    form: str
    unit: str
    cpu_ms: float
    memory_mb: float
    output_b: float
    spool_b: float
    files: float
    source: str

    def of(self, survey: str, form: str) -> bool:
        """Return whether it holds for a survey and a form."""
        return self.survey in ("", survey) and self.form in ("", form)


@cache
def costs() -> tuple[Cost, ...]:
    """Return the table; an empty figure is 0."""
    with TABLE.open(newline="") as lines:
        return tuple(
            Cost(**{k: float(v or 0) if k in FIGURES else v for k, v in row.items()})  # type: ignore[arg-type]
            for row in csv.DictReader(lines)
        )


@cache
def costs_of(rule: str, survey: str = "", form: str = "") -> Mapping[str, Cost]:
    """Return what each unit of a rule's work costs.

    Of several lines for a unit that for the survey goes before that for the form, and both
    before one for all.

    Raises
    ------
    ValueError
        If the table has no line for the rule.
    """
    fitting = [c for c in costs() if c.rule == rule and c.of(survey, form)]
    if not fitting:
        raise ValueError(f"{TABLE}: no line for the rule {rule!r}")
    return {c.unit: c for c in sorted(fitting, key=lambda c: (c.survey != "", c.form != ""))}


def need_of(
    rule: str,
    counts: Mapping[str, float],
    survey: str = "",
    form: str = "",
    *,
    also: tuple[str, ...] = (),
    input_mb: float = 0.0,
    at_least_s: float = 0.0,
) -> Need:
    """Return what one job of a rule needs.

    Parameters
    ----------
    rule : str
    counts : mapping
        How many of each unit it works on; the job itself counts as one.
    survey, form : str
        What it works on.
    also : tuple of str
        What else it does: further names in the column ``rule``.
    input_mb : float
        What it reads, where jobs have a disk of their own.
    at_least_s : float
        As of `Need`.

    Raises
    ------
    ValueError
        If the table has no line for the rule, or for what else it does.
    KeyError
        If it has a unit that is not counted.

    Examples
    --------
    >>> need_of("summary", {"shard": 200}).memory_mb
    220.0
    """
    counts = {"job": 1, **counts}
    parts = [
        (counts[unit], cost)
        for name in (rule, *also)
        for unit, cost in costs_of(name, survey, form).items()
    ]
    written = {
        "output_mb": sum(n * cost.output_b for n, cost in parts) / 1e6,
        "spool_mb": sum(n * cost.spool_b for n, cost in parts) / 1e6,
    }
    return Need(
        memory_mb=sum(n * cost.memory_mb for n, cost in parts),
        cpu_s=sum(n * cost.cpu_ms for n, cost in parts) / 1e3,
        disk_mb=input_mb + sum(written.values()),
        **written,
        files=sum(n * cost.files for n, cost in parts),
        at_least_s=at_least_s,
    )
