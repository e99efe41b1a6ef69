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
import tempfile
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
        with tempfile.TemporaryDirectory() as folder:
            said = [os.path.join(folder, name) for name in ("stdout", "stderr")]
            asked = [list(arguments), str(cwd), dict(environment), said]
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], timeout)
            if not ready:
                self._kill()
                raise subprocess.TimeoutExpired(["snakemake", *arguments], timeout)
            status = json.loads(self.process.stdout.readline())
            return status, "".join(Path(path).read_text() for path in said)

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
        arguments, cwd, environment, said = json.loads(line)
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            answers.write(json.dumps(os.waitstatus_to_exitcode(status)).encode() + b"\n")
            answers.flush()
        else:
            _become(cwd, environment, said, own_path)
            sys.argv = ["snakemake", *arguments]
            os._exit(_status_of(main))


def _become(cwd: str, environment: dict, said: list[str], own_path: list[str]) -> None:
    """Be as ``python -m`` starts."""
    for number, path in ((0, os.devnull), *enumerate(said, 1)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
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
