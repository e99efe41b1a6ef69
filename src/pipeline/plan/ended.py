"""What a person reads at the end of a run: what was found, what failed and why, what to do."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.contract.address import FETCHED
from pipeline.contract.healing import NO_USE
from pipeline.contract.job import REASON
from pipeline.io.messages import one_line, printable
from pipeline.plan.found import found_lines

MOST_FAILED = 20
"""Failed jobs that are told one by one."""
TAIL_LINES = 8
"""Of the log of a job that did not come to say why."""
_TAIL_BYTES = 20_000
_SAID = re.compile(r"^(?:\d{4}-\d\d-\d\d \S+ ERROR |(?!WARNING: )[A-Za-z_][\w.]*: )")
"""How the line of a job's log begins that says why it failed (`pipeline.contract.job`)."""
_REASON = re.compile(rf"^\d{{4}}-\d\d-\d\d \S+ ERROR {REASON}(.*?)(?:; {NO_USE})?$")
_MODULE = re.compile(r"^(?:\w+\.)+(?=\w+: )")
_FETCHED = re.compile(re.escape(FETCHED.partition("{")[0]) + r"\w+")
"""The folder of a file behind an address (`pipeline.contract.address`), which is kept."""
_ON_STDERR = re.compile(r"^(\w+: .*)\nSee \S+\.log(?:$|; )", re.MULTILINE)
"""What a job says on standard error, among what a scheduler keeps of that."""


class Failed(NamedTuple):
    """A job that failed for good.

    Parameters
    ----------
    rule, of : str
        Its rule; its wildcards.
    log : Path or None
        Its own log, if it wrote one in this run.
    kept : Path or None
        What a cluster's scheduler kept of its standard error, if there is one.
    """

    rule: str
    of: str
    log: Path | None
    kept: Path | None = None


def success_lines(directory: Path) -> Iterator[str]:
    """Yield what a run that ended well has found."""
    try:
        yield from found_lines(directory)
    except FileNotFoundError:
        return


def failure_lines(
    failed: Iterable[Failed], undone: Iterable[str], folder: str = "."
) -> Iterator[str]:
    """Yield what failed, a line each, what was left undone, and what to do next.

    Parameters
    ----------
    failed : iterable of Failed
    undone : iterable of str
        The rule of each job that did not run for want of what they make.
    folder : str
        The working directory as who reads the lines sees it.
    """
    jobs = sorted(failed)
    where = "" if folder == "." else f" (files of {folder})"
    yield f"{len(jobs)} jobs failed{where}:" if len(jobs) != 1 else f"1 job failed{where}:"
    for job in jobs[:MOST_FAILED]:
        reason = reason_of(job)
        yield f"  {job.rule} {job.of}: {reason}".replace(" :", ":")
        yield from (f"    {line}" for line in tail_of(job))
        if fetched := _FETCHED.search(reason):
            yield f"    that was fetched from an address; to fetch it again, delete {fetched[0]}"
    if len(jobs) > MOST_FAILED:
        yield f"  and {len(jobs) - MOST_FAILED} more: their logs are in logs/<rule>/"
    left = Counter(undone)
    if left:
        counts = ", ".join(f"{rule} {count}" for rule, count in sorted(left.items()))
        yield f"not done for want of these: {counts}"
    yield "mend what is told, then run the same command again: what is done stays"


def reason_of(job: Failed) -> str:
    """Return why a job failed, in a line, as it says."""
    if said := said_by(job):
        return f"{one_line(ValueError(said[0]))} ({said[1]})"
    if where := job.log or job.kept:
        return f"it ended without a word, as if killed (memory?): {where}"
    return "it ended before its log began; if it said a word, it stands above"


def tail_of(job: Failed) -> list[str]:
    """Return the end of what is kept of a job that did not come to say why it failed."""
    ends = [] if said_by(job) else [_end_of(path) for path in (job.log, job.kept) if path]
    lines = [line for end in ends for line in end.splitlines()[-TAIL_LINES:] if line.strip()]
    return [printable(line[:200], keep="\t") for line in lines]


def stays(job: Failed) -> bool:
    """Return whether a job says that it failed for a reason that stays."""
    return any(NO_USE in _end_of(path) for path in (job.log, job.kept) if path)


def said_by(job: Failed) -> tuple[str, Path] | None:
    """Return what a job says of why it failed, and where; None if it did not come to that."""
    for path, said_in in ((job.log, _said_in_log), (job.kept, _said_on_stderr)):
        if path is not None and (reason := said_in(_end_of(path))):
            return reason, path
    return None


def _said_in_log(end: str) -> str | None:
    """Return a job's last words, or those of a program that ended before or beside it."""
    lines = end.split("\n")
    if own := [found[1] for line in lines if (found := _REASON.match(line))]:
        return own[-1]
    frames = [n for n, line in enumerate(lines) if line.startswith('  File "')]
    said = [line for line in lines[frames[-1] if frames else 0 :] if _SAID.match(line)]
    if not said or any(" INFO done in " in line for line in lines[-2:]):
        return None
    return _MODULE.sub("", said[0 if frames else -1])


def _said_on_stderr(end: str) -> str | None:
    found = _ON_STDERR.findall(end)
    return found[-1] if found else None


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return stream.read().decode(errors="replace")
    except OSError:  # gone since, or not to be read: it says nothing
        return ""
