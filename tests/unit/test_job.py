"""The frame around a job: what an error leaves in the log, and on standard error."""

import pytest

from pipeline.contract.changed import ChangedInputError
from pipeline.contract.healing import NO_USE, may_heal
from pipeline.contract.job import TOLD_LATER, job


def failed(tmp_path, error):
    """Return the log of a job that raises, and its last word."""
    with pytest.raises(SystemExit) as ended, job(tmp_path / "log"):
        raise error
    return (tmp_path / "log").read_text(), str(ended.value)


def test_an_input_that_changed_is_one_clear_line(tmp_path):
    log, said = failed(tmp_path, ChangedInputError("d.avro: changed while it was indexed"))
    assert said.startswith("ChangedInputError: d.avro: changed while it was indexed\n")
    (line,) = log.splitlines()
    assert line.endswith(": d.avro: changed while it was indexed")
    assert "failed after" in line


def test_any_other_error_has_its_traceback_in_the_log(tmp_path):
    log, said = failed(tmp_path, ValueError("odd"))
    assert said.startswith("ValueError: odd\n")
    assert "Traceback" in log


@pytest.mark.parametrize("error", [ValueError("odd"), OSError("full"), KeyError("none")])
def test_an_error_that_stays_says_so(tmp_path, error):
    log, said = failed(tmp_path, error)
    assert (NO_USE in log) == (NO_USE in said) == (not isinstance(error, OSError))


@pytest.mark.parametrize(
    ("cause", "heals"),
    [(MemoryError(), True), (OSError(5, "I/O error"), True), (OSError("cut short"), False)],
)
def test_what_an_error_came_of_counts(cause, heals):
    try:
        raise ValueError("no model") from cause
    except ValueError as error:
        assert may_heal(error) == heals


def test_the_reason_is_left_to_who_started_the_job(tmp_path, monkeypatch):
    monkeypatch.setenv(TOLD_LATER, "1")
    log, said = failed(tmp_path, ValueError("odd"))
    assert said == "1"
    assert "ValueError: odd" in log
