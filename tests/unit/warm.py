"""Snakemake's main process without its imports, which take longer than a dry run of a small night.

A process of its own has imported Snakemake, nothing of this project, and forks for each run:
what it imports of the project, the environment and the working directory are that run's.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path


class Warm:
    """A process that waits with Snakemake imported; it ends with the one that started it."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
    ) -> tuple[int, str]:
        """Do what ``python -m snakemake`` does; return its exit status and all that it says."""
        with tempfile.NamedTemporaryFile() as output:
            asked = {
                "arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment),
                "output": output.name,
            }  # fmt: skip
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], timeout)
            if not ready:
                self.process.kill()
                warm.cache_clear()
                raise subprocess.TimeoutExpired(["snakemake", *arguments], timeout)
            status = json.loads(self.process.stdout.readline())
            return status, Path(output.name).read_text()


@cache
def warm() -> Warm:
    """Return the one of this process."""
    return Warm()


def _serve() -> None:
    from snakemake.cli import main  # the imports that are saved

    answers = os.fdopen(os.dup(1), "wb")
    own_path = list(sys.path)
    for line in sys.stdin:
        asked = json.loads(line)
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            answers.write(json.dumps(os.waitstatus_to_exitcode(status)).encode() + b"\n")
            answers.flush()
        else:
            os._exit(_run(main, asked, own_path))


def _run(main, asked: dict, own_path: list[str]) -> int:
    """Become ``python -m snakemake``, as that starts."""
    output = os.open(asked["output"], os.O_WRONLY | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(output, number)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    more = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [os.getcwd(), *more, *own_path]
    sys.argv = ["snakemake", *asked["arguments"]]
    from snakemake.workflow import Workflow

    Workflow._rundir = os.getcwd()  # which it takes as it is imported
    status: object = 1
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    _serve()
