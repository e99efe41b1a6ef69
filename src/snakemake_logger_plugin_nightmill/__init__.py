"""A run in Snakemake's terminal: a line a rule that is done, a line a job that fails.

What Snakemake says beside stands in its own log, which its last lines name. The profiles take it
(``logger: [nightmill]``); ``--verbose`` and ``--dry-run`` say all, as without it.
"""

import logging
import re
import sys
import time
from collections import Counter
from pathlib import Path

from snakemake.logging import ColorizingTextHandler, DefaultFormatter, get_event
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

EVERY_SECONDS = 60.0
"""Between lines of a rule that is not done yet."""
_CLEAR = "\r\x1b[2K"
_NEVER = {LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.JOB_STARTED}
_KNOWN = re.compile(
    r"Assuming unrestricted|Building DAG|Using shell|(Conda|Singularity|Group) \w+: |Select jobs"
    r"|Execute \d+ jobs|Job rate limit|Processed \d+ potential|SLURM run ID|Submitted array"
    r"|Job \d+ has been submitted|Job \d+ submitted|Job \d+ .* was successful|Requesting "
    r"|Exiting because a job execution failed|WorkflowError:\s+At least one job"
)
"""How messages begin that say nothing which our lines do not."""
_AGAIN = re.compile(r"Trying to restart job (\d+)")
_EXIT = re.compile(r"CalledProcessError in .*?(exit status \d+|died with .*?)\.?\s*$", re.DOTALL)

_FAILED = "exit status 1"
"""How Python ends with an error: the job says the rest."""


class LogHandler(LogHandlerBase):
    """Snakemake's handler of messages; its name is what Snakemake looks for."""

    writes_to_stream = has_formatter = True
    writes_to_file = has_filter = needs_rulegraph = False

    def __post_init__(self) -> None:
        common = self.common_settings
        self.screen = ColorizingTextHandler(
            nocolor=common.nocolor,
            stream=sys.stdout if common.stdout else sys.stderr,
            formatter=DefaultFormatter(common.quiet, common.show_failed_logs),
        )
        self.jobs: dict[int, str] = {}
        self.logs: dict[int, list[str]] = {}
        self.totals: dict[str, int] = {}
        self.total = 0
        self.started: dict[str, float] = {}
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.ends: dict[int | None, str] = {}
        self.last, self.said = "", time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message, in our words where there are any."""
        event = get_event(record)
        ours = getattr(self, f"_{event}" if event else "_message", None)
        if self.common_settings.dryrun or self.common_settings.verbose:
            self.screen.emit(record)
        elif event in _NEVER:
            pass
        elif ours is not None:
            ours(record)
        else:
            self._whole(record)

    def _whole(self, record: logging.LogRecord) -> None:
        if self.screen.is_tty:
            self.screen.stream.write(_CLEAR)
        self.screen.emit(record)

    def _line(self, record: logging.LogRecord, words: str) -> None:
        before = _CLEAR if self.screen.is_tty else ""
        self.screen.stream.write(f"{before}{self.screen.decorate(record, words)}\n")
        self.screen.flush()

    def _message(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if again := _AGAIN.match(text):
            self._tried_again(record, int(again[1]))
        elif not _KNOWN.match(text):
            self._whole(record)

    def _run_info(self, record: logging.LogRecord) -> None:
        self.totals = dict(record.__dict__["stats"])
        # no line tells of `all`, which only asks for the others: it is none of the jobs to wait for
        self.total = self.totals.pop("total") - self.totals.pop("all", 0)
        rules = ", ".join(f"{rule} {n}" for rule, n in self.totals.items())
        self._line(record, f"{self.total} jobs: {rules}")

    def _job_info(self, record: logging.LogRecord) -> None:
        job = record.__dict__
        self.jobs[job["jobid"]] = " ".join([job["rule_name"], *job["wildcards"].values()])
        self.started.setdefault(job["rule_name"], time.monotonic())

    def _job_finished(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage().partition("(Rule: ")[2].rstrip(")")
        self.done[self.last] += 1

    def _progress(self, record: logging.LogRecord) -> None:
        rule, now = self.last, time.monotonic()
        if rule == "all":
            return
        of = self.totals.get(rule, 0)
        steps = f"{record.__dict__['done']:>{len(str(self.total))}}"
        words = f"{steps} of {self.total}  {rule}"
        ended = self.done[rule] + self.failed[rule]
        if ended >= of:
            failed = f", {self.failed[rule]} failed" if self.failed[rule] else ""
            jobs = "1 job" if of == 1 else f"{of} jobs"
            seconds = now - self.started.get(rule, now)
            self._line(record, f"{words}: {jobs}{failed}, {seconds:.0f} s")
        elif now - self.said >= EVERY_SECONDS:
            self._line(record, f"{words}: {ended} of {of}")
        else:
            if self.screen.is_tty:  # written over by what comes next
                self.screen.stream.write(f"{_CLEAR}{words}: {ended} of {of}\r")
                self.screen.flush()
            return
        self.said = now

    def _error(self, record: logging.LogRecord) -> None:
        """Tell of an exception; that a script ended is told with its job."""
        if end := _EXIT.search(record.getMessage()):
            self.ends[record.thread] = end[1]
        elif not _KNOWN.match(record.getMessage()):
            self._whole(record)

    def _job_error(self, record: logging.LogRecord) -> None:
        """Name a job that failed: why stands in the run's last lines."""
        job = record.__dict__
        self.failed[job["rule_name"]] += 1
        name = self.jobs.get(job["jobid"], job["rule_name"])
        end = self.ends.pop(record.thread, _FAILED)
        ended = [re.sub(r"<Signals\.(\w+): \d+>", r"\1", end)] if end != _FAILED else []
        scheduler = " ".join(
            (job["rule_msg"] or "").partition("For further error details")[0].split()
        )
        self.jobs[job["jobid"]], self.logs[job["jobid"]] = name, job["log"]
        self._line(record, ": ".join(["failed", name, *ended, *filter(None, [scheduler])]))

    def _tried_again(self, record: logging.LogRecord, job: int) -> None:
        """Say why, as the next attempt writes over the log."""
        from pipeline.plan.ended import Failed, said_by  # noqa: PLC0415 - only where one failed

        name = self.jobs.get(job, f"job {job}")
        self.failed[name.partition(" ")[0]] -= 1
        logs = [Path(log) for log in self.logs.get(job, ()) if Path(log).exists()]
        said = said_by(Failed(name, "", logs[0])) if logs else None
        self._line(record, ": ".join(["tried again", name, *(said or ())[:1]]))
