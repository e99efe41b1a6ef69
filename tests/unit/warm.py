"""Snakemake without its imports, which cost more than a dry run of a small night.

A process of its own has imported Snakemake, and nothing of this project. It forks for each run:
what that imports of the project, its environment and its working directory are its own, and its
jobs are started as they always are.
"""

import atexit
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import psutil

OF_ITS_START = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
"""What Python looks at once: the path is each run's, as is what it writes."""


class Warm:
    """A process that waits with Snakemake imported; it ends with the one that started it."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in OF_ITS_START}
        self.process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        atexit.register(self._end)

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
    ) -> tuple[int, str]:
        """Do what ``python -m snakemake`` does; return its exit status and all that it says."""
        asked = [list(arguments), str(cwd), dict(environment)]
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        if not ready:
            self._kill()
            raise subprocess.TimeoutExpired(["snakemake", *arguments], timeout)
        status, *said = json.loads(self.process.stdout.readline())
        return status, "".join(said)

    def _end(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _kill(self) -> None:
        warm.cache_clear()
        own = psutil.Process(self.process.pid)
        for process in [*own.children(recursive=True), own]:
            process.kill()


@cache
def warm() -> Warm:
    """Return the one of this process."""
    return Warm()


def _serve() -> None:
    from snakemake.cli import main  # the imports that are saved

    answers = os.fdopen(os.dup(1), "wb")
    own_path = list(sys.path)
    for line in sys.stdin:
        arguments, cwd, environment = json.loads(line)
        pipes = [os.pipe() for _ in ("stdout", "stderr")]  # a limit on files is none on them
        if child := os.fork():
            said = _read(pipes)
            _, status = os.waitpid(child, 0)
            answer = [os.waitstatus_to_exitcode(status), *said]
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()
        else:
            _become(cwd, environment, [write for _, write in pipes], own_path)
            sys.argv = ["snakemake", *arguments]
            os._exit(_status_of(main))


def _read(pipes: list[tuple[int, int]]) -> list[str]:
    """Return what is written to pipes until all who write have ended."""
    said: dict[int, bytes] = {read: b"" for read, _ in pipes}
    for _, write in pipes:
        os.close(write)
    waiting = set(said)
    while waiting:
        for read in select.select(list(waiting), [], [])[0]:
            more = os.read(read, 1 << 16)
            said[read] += more
            if not more:
                waiting.remove(read)
                os.close(read)
    return [text.decode() for text in said.values()]


def _become(cwd: str, environment: dict, outputs: list[int], own_path: list[str]) -> None:
    """Be as ``python -m`` starts."""
    for number, opened in enumerate([os.open(os.devnull, os.O_RDONLY), *outputs]):
        os.dup2(opened, number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    more = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [cwd, *more, *own_path]
    from snakemake.workflow import Workflow

    Workflow._rundir = cwd  # which it takes as it is imported


def _status_of(main) -> int:
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    _serve()
