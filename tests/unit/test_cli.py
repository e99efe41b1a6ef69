"""The command `nightmill`, run as a person runs it."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import version

import pyarrow.parquet as pq
import pytest

from pipeline.cli.main import build_parser, find_commands, main
from pipeline.io.messages import one_line

ARGUMENTS = ["simulate", "alerts", "--number", "3", "--night", "20240115", "--no-stamps"]


def test_simulate_alerts(tmp_path, capsys):
    output = tmp_path / "night"
    options = ["--seed", "4", "--defects", "0.5", "--format", "tarball"]
    assert main([*ARGUMENTS, *options, "--output", str(output)]) == 0
    assert sorted(path.name for path in output.iterdir()) == [
        "galaxies.csv",
        "labels.csv",
        "stars.parquet",
        "truth.parquet",
        "ztf_public_20240115.tar.gz",
    ]
    assert pq.read_table(output / "truth.parquet").num_rows == 3
    printed = capsys.readouterr()
    assert printed.out == (
        f"3 packets, truth and catalogues in {output}\n"
        f"path of the night in alerts.tsv: {output}/ztf_public_20240115.tar.gz\n"
    )
    assert "3 of 3" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--number", "0"], "number 0: expected 1 or more"),
        (["--number", "-5"], "number -5: expected 1 or more"),
        (["--night", "tonight"], "night 'tonight': expected a date"),
        (["--defects", "2"], "defects 2.0: expected a fraction"),
        (["--output", "/dev/null"], "/dev/null is a file; expected a folder"),
        (["--output", "/dev/null/night"], "/dev/null/"),
    ],
)
def test_an_error_is_one_line(tmp_path, capsys, arguments, message):
    assert main([*ARGUMENTS, "--output", str(tmp_path / "out"), *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("nightmill: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_the_installed_command_and_its_help():
    result = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", "simulate", "alerts", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--night YYYYMMDD" in result.stdout


def test_without_a_command_it_says_how_to_use_it(capsys):
    with pytest.raises(SystemExit) as exit_:
        main([])
    assert exit_.value.code == 2
    assert "usage: nightmill" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["query", "export-fits", "alerts", "ztf", "x.fits"], ["show", "a", "b"]]
)
def test_wrong_arguments_get_the_usage_of_their_own_command(capsys, words):
    command = words[:2] if words[0] == "query" else words[:1]
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"usage: nightmill {' '.join(command)} [-h]")
    assert told.endswith(f"error: unrecognized arguments: {words[-1]}\n")


def test_every_command_is_complete():
    for module in find_commands():
        assert module.COMMAND and module.__doc__
        assert callable(module.add_arguments) and callable(module.run)


@pytest.mark.parametrize("module", find_commands(), ids=lambda module: module.COMMAND)
def test_help_ends_with_examples_that_can_be_typed(module, capsys):
    assert 1 <= len(module.EXAMPLES) <= 2
    for example in module.EXAMPLES:
        program, *words = shlex.split(example)
        assert program == "nightmill" and build_parser().parse_args(words).run is module.run
    with pytest.raises(SystemExit):
        main([*module.COMMAND.split(), "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-len(module.EXAMPLES) - 1 :] == ["examples:", *(f"  {e}" for e in module.EXAMPLES)]


def test_help_lists_groups_and_what_is_in_them(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(r"^ +simulate +alerts", capsys.readouterr().out, re.MULTILINE)


def test_version(capsys):
    """The packaging metadata's, as the package has it."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"nightmill {version('nightmill')}\n"


def test_notes_stay_in_the_line():
    error = ValueError("first\nsecond")
    error.add_note("while reading a.tsv")
    assert one_line(error) == "first second; while reading a.tsv"
