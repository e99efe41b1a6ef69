"""The scripts of `nightmill completion`, in the shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from pipeline.cli.completion import commands_of
from pipeline.cli.main import build_parser, find_commands, main

BASH, ZSH = shutil.which("bash"), shutil.which("zsh")


@pytest.fixture
def script(tmp_path, capsys):
    def written(shell):
        assert main(["completion", shell]) == 0
        path = tmp_path / f"nightmill.{shell}"
        path.write_text(capsys.readouterr().out)
        return path

    return written


def completed(script, words):
    """Return what bash offers in place of the last word."""
    program = '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nightmill; '
    program += 'printf "%s\\n" "${COMPREPLY[@]}"'
    told = subprocess.run(
        [BASH, "--norc", "-c", program, "bash", str(script), "nightmill", *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stderr == ""
    return told.stdout.split()


@pytest.mark.skipif(BASH is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sh"], ["show"]),
        (["query", "s"], ["skymap", "sql"]),
        (["show", "--p"], ["--png"]),
        (["--v"], ["--version"]),
        (["query", "sql", "--format", "v"], ["votable"]),
        (["query", "sql", "--format", "=", "v"], ["votable"]),
        (["query", "sql", "--format", "="], ["text", "json", "csv", "parquet", "votable"]),
        (["where", "pro"], ["profiles"]),
        (["completion", ""], ["bash", "zsh"]),
        # files are bash's own matter, and numbers nobody's
        (["show", "--png", "x"], []),
        (["query", "sql", "--limit", ""], []),
        # the value of an option is no command
        (["simulate", "alerts", "--output", "query", "--no-s"], ["--no-stamps"]),
    ],
)
def test_bash(script, words, expected):
    assert completed(script("bash"), words) == expected


@pytest.mark.skipif(BASH is None, reason="no bash")
def test_bash_knows_every_command_and_option(script):
    path = script("bash")
    for command in commands_of(build_parser()):
        words = command.path.split()
        assert completed(path, [*words, ""])[: len(command.children)] == [
            name for name, _ in command.children
        ]
        options = [name for option in command.options for name in option.names]
        assert completed(path, [*words, "-"]) == options
    assert {c.path.strip() for c in commands_of(build_parser())} >= {
        module.COMMAND for module in find_commands()
    }


def typed(shell, start, line, until):
    """Return what an interactive shell shows after a line is typed, as far as a pattern."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "PS1": "> ", "LC_ALL": "C"}
    process = subprocess.Popen(
        shell, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    shown, sent, deadline = "", False, time.monotonic() + 60
    os.write(ours, (start + "; echo rea''dy\n").encode())
    while time.monotonic() < deadline and not (sent and re.search(until, shown)):
        if select.select([ours], [], [], 0.2)[0]:
            shown += os.read(ours, 1 << 16).decode(errors="replace")
        if not sent and re.search("ready\r?\n", shown):
            shown, sent = "", True
            os.write(ours, line.encode())
    process.kill()
    process.wait()
    os.close(ours)
    return shown


@pytest.mark.skipif(BASH is None, reason="no bash")
def test_bash_where_a_person_types(script, tmp_path):
    (tmp_path / "picture one.png").touch()
    start = f"cd {tmp_path}; . {script('bash')}"
    shell = [BASH, "--norc", "--noprofile", "-i"]
    assert "query cone" in typed(shell, start, "nightmill query con\t", "query cone")
    shown = typed(shell, start, "nightmill show --png pic\t", "one.png")
    assert "picture\\ one.png" in shown


@pytest.mark.skipif(ZSH is None, reason="no zsh")
@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("nightmill sho\t", "nightmill show"),
        ("nightmill query sk\t", "query skymap"),
        ("nightmill show --p\t", "show --png"),
        ("nightmill query sql --format vo\t", "votable"),
        ("nightmill where profi\t", "where profiles"),
        ("nightmill show X --html pic\t", "picture-one"),
        ("nightmill query \t", "skymap +-- Find the alerts"),
    ],
)
def test_zsh_where_a_person_types(script, tmp_path, line, until):
    (tmp_path / "picture-one.png").touch()
    start = f"cd {tmp_path}; autoload -Uz compinit; compinit -u -D; . {script('zsh')}"
    shown = typed([ZSH, "-f", "-i"], start, line, until)
    assert re.search(until, shown), shown
