"""The frame around a job: what an error leaves in the log, and on standard error."""

import pytest

from pipeline.contract.changed import ChangedInputError
from pipeline.contract.job import job


def failed(tmp_path, error):
    """Return the log of a job that raises, and its last word."""
    with pytest.raises(SystemExit) as ended, job(tmp_path / "log"):
        raise error
    return (tmp_path / "log").read_text(), str(ended.value)


def test_an_input_that_changed_is_one_clear_line(tmp_path):
    """Snakemake shows the log of a job that fails: a traceback would hide what is said."""
    log, said = failed(tmp_path, ChangedInputError("d.avro: changed while it was indexed"))
    assert said.startswith("ChangedInputError: d.avro: changed while it was indexed\n")
    (line,) = log.splitlines()
    assert line.endswith(": d.avro: changed while it was indexed")
    assert "failed after" in line


def test_any_other_error_has_its_traceback_in_the_log(tmp_path):
    log, said = failed(tmp_path, ValueError("odd"))
    assert said.startswith("ValueError: odd\n")
    assert "Traceback" in log
