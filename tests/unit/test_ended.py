"""The last lines of a run that failed."""

import logging
import os
import subprocess
import sys

import pytest

from pipeline.contract.address import Address
from pipeline.contract.changed import ChangedInputError
from pipeline.contract.job import TOLD_LATER, job
from pipeline.plan.ended import (
    MOST_FAILED,
    Failed,
    failure_lines,
    reason_of,
    stays,
    success_lines,
    tail_of,
)


class OddError(ValueError):
    """One of a module."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("bad.h5: no model"), "ValueError: bad.h5: no model"),
        (OddError("two\nlines: of it"), "OddError: two"),
        (ChangedInputError("a.tar.gz: has changed"), "a.tar.gz: has changed"),
    ],
)
def test_the_reason_is_what_the_job_said_last(tmp_path, error, reason):
    log = tmp_path / "rule/a.log"
    with pytest.raises(SystemExit), job(log):
        logging.getLogger("pipeline").info("working")
        raise error
    assert reason in reason_of(Failed("rule", "a", log))
    assert reason_of(Failed("rule", "a", log)).endswith(f"({log})")
    assert "\n" not in reason_of(Failed("rule", "a", log))


def test_a_reason_of_any_length_is_told_and_stays(tmp_path):
    """What fills the end of the log does not hide why the job failed, nor that it stays so."""
    for text in ("first " + "x" * 10**6, "first\n" + "line: y\n" * 10**5):
        log = tmp_path / "a.log"
        with pytest.raises(SystemExit) as ended, job(log):
            raise ValueError(text)
        failed = Failed("rule", "a", log)
        assert reason_of(failed).startswith("ValueError: first")
        assert len(reason_of(failed)) < 3000
        assert len(str(ended.value)) < 3000
        assert stays(failed)


def test_an_error_without_words_has_its_name(tmp_path):
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(log):
        raise MemoryError
    assert reason_of(Failed("rule", "a", log)).startswith("MemoryError: it says no more (")


def test_names_out_of_packets_do_nothing_to_the_terminal(tmp_path):
    name = "\x1b[31mred\x1b]0;title\x07 \u202egnol \x9b2J"
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit) as ended, job(log):
        logging.getLogger("pipeline").warning("packet %s", name)
        raise ValueError(name)
    killed = tmp_path / "killed.log"
    killed.write_bytes(b"2026-01-01 00:00:00,000 WARNING \x1b[2J\n" + bytes(range(256)))
    lines = list(failure_lines([Failed("r", "a", log), Failed("r", "b", killed)], []))
    assert any("red" in line and "gnol" in line for line in lines)
    assert all(
        line.replace("\t", "").isprintable() for line in (*lines, *str(ended.value).split("\n"))
    )


def test_a_log_takes_names_that_are_no_text(tmp_path):
    """In a process of its own, whose locale knows ASCII alone."""
    log = tmp_path / "a.log"
    code = (
        "import os, sys; from pipeline.contract.job import job\n"
        "with job(sys.argv[1]): raise ValueError(os.fsdecode(b'\\xff') + '\\u2603')"
    )
    odd = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    odd[TOLD_LATER] = "1"
    ran = subprocess.run(
        [sys.executable, "-c", code, log], env=odd, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert reason_of(Failed("rule", "a", log)) == f"ValueError: \\udcff☃ ({log})"


def test_a_job_that_was_killed_said_nothing(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("2026-01-01 00:00:00,000 INFO working\n")
    assert reason_of(Failed("rule", "a", log)).startswith("it ended without a word, as if killed")
    assert tail_of(Failed("rule", "a", log)) == ["2026-01-01 00:00:00,000 INFO working"]
    assert "before its log began" in reason_of(Failed("rule", "a", None))
    log.write_bytes(b"\xff" * 50_000 + b"\nValueError: \xff\n")
    assert reason_of(Failed("rule", "a", log)).startswith("ValueError: ")


def test_what_a_scheduler_kept_of_a_job(tmp_path):
    """Without a shared filesystem a job's log stays where it ran: its standard error comes back."""
    kept = tmp_path / "decode-3_17.err"
    with pytest.raises(SystemExit) as ended, job(tmp_path / "elsewhere.log"):
        raise ValueError("a.avro: cut short")
    kept.write_text(f"host: node7\nRuleException: of Snakemake\n{ended.value}\n[Tue] Error in\n")
    failed = Failed("decode", "a", None, kept)
    assert reason_of(failed) == f"ValueError: a.avro: cut short ({kept})"
    assert stays(failed)
    kept.write_text("host: node7\nModuleNotFoundError: No module named 'pipeline'\n")
    assert tail_of(failed)[-1] == "ModuleNotFoundError: No module named 'pipeline'"
    assert not stays(failed)


def test_what_failed_and_what_was_left_undone():
    failed = [Failed("score", f"ztf 20260101 {n:04d}", None) for n in range(MOST_FAILED + 5)]
    lines = list(failure_lines(failed, ["match", "score", "match"]))
    assert lines[0] == "25 jobs failed:"
    assert lines[1].startswith("  score ztf 20260101 0000: it ended before its log began; ")
    assert "and 5 more" in lines[MOST_FAILED + 1]
    assert "not done for want of these: match 2, score 1" in lines
    assert len(lines) == MOST_FAILED + 4
    assert next(iter(failure_lines([Failed("fetch", "", None)], []))) == "1 job failed:"


def test_what_was_fetched_and_is_kept_is_named(tmp_path):
    log = tmp_path / "a.log"
    path = Address.of("https://host/stars.csv")
    with pytest.raises(SystemExit), job(log):
        raise ValueError(f"{path}: cannot be read")
    lines = list(failure_lines([Failed("sort_catalog", "stars", log)], []))
    assert lines[2].endswith(f"to fetch it again, delete {path.removesuffix('/stars.csv')}")


def test_nothing_was_made(tmp_path):
    assert list(success_lines(tmp_path)) == []
