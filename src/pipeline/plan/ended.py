"""What a person reads at the end of a run: what was found, what failed and why, what to do."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.io.messages import one_line
from pipeline.plan.found import found_lines

MOST_FAILED = 20
"""Failed jobs that are told one by one."""
_TAIL_BYTES = 20_000
_SAID = re.compile(r"^(?:\d{4}-\d\d-\d\d \S+ ERROR |[A-Za-z_][\w.]*: )")
"""How the line of a job's log begins that says why it failed (`pipeline.contract.job`)."""
_MODULE = re.compile(r"^(?:\w+\.)+(?=\w+: )")


class Failed(NamedTuple):
    """A job that failed for good."""

    rule: str
    of: str
    log: Path | None


def success_lines(directory: Path) -> Iterator[str]:
    """Yield what a run that ended well has found."""
    try:
        yield from found_lines(directory)
    except FileNotFoundError:
        return


def failure_lines(failed: Iterable[Failed], undone: Iterable[str]) -> Iterator[str]:
    """Yield what failed, a line each, what was left undone, and what to do next.

    Parameters
    ----------
    failed : iterable of Failed
    undone : iterable of str
        The rule of each job that did not run for want of what they make.
    """
    jobs = sorted(failed)
    yield f"{len(jobs)} jobs failed:" if len(jobs) != 1 else "1 job failed:"
    for job in jobs[:MOST_FAILED]:
        yield f"  {job.rule} {job.of}: {reason_of(job.log)}".replace(" :", ":")
    if len(jobs) > MOST_FAILED:
        yield f"  and {len(jobs) - MOST_FAILED} more: their logs are in logs/<rule>/"
    left = Counter(undone)
    if left:
        counts = ", ".join(f"{rule} {count}" for rule, count in sorted(left.items()))
        yield f"not done for want of these: {counts}"
    yield "mend what is told, then run the same command again: what is done stays"


def reason_of(log: Path | None) -> str:
    """Return why a job failed, in a line, as its log says."""
    if log is None:
        return "it has no log"
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError as error:
        return f"{log}: {error.strerror}"
    frames = [n for n, line in enumerate(lines) if line.startswith('  File "')]
    said = [line for line in lines[frames[-1] if frames else 0 :] if _SAID.match(line)]
    if not said or " INFO done in " in lines[-1]:
        return f"it ended without a word, as if killed (memory?): {log}"
    return f"{one_line(ValueError(_MODULE.sub('', said[0 if frames else -1])))} ({log})"
