"""Start and stop services by hand: each has a process id file, and ends with it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

HOME = Path("/var/tmp/nightmill-clusters")
"""What the clusters write: configuration, logs, databases."""


def missing_for_install() -> str:
    """Return why packages cannot be installed here; nothing if they can."""
    if os.geteuid() != 0:
        return "starting a cluster needs root"
    if shutil.which("apt-get") is None:
        return "starting a cluster needs Debian's packages"
    return ""


def install(programs: Sequence[str], packages: Sequence[str]) -> None:
    """Install packages unless their programs are here; their services stay off."""
    if all(shutil.which(program) for program in programs):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        call(["apt-get", "--quiet", *arguments], env=environment)


def call(command: Sequence[str | Path], **options) -> str:
    """Run a command; if it fails, say what it said."""
    ended = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    if ended.returncode:
        words = " ".join(map(str, command))
        raise RuntimeError(f"{words}: exit status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def running(pid_file: Path) -> int | None:
    """Return the process that a file tells of, if it runs."""
    try:
        pid = int(pid_file.read_text())
        # A zombie has ended, though its number is taken until somebody asks for it.
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()[0]
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else pid


def spawn(pid_file: Path, command: Sequence[str | Path], log: Path, **options) -> None:
    """Start a program in the background unless it runs."""
    if running(pid_file):
        return
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True, **options,
        )  # fmt: skip
    pid_file.write_text(str(process.pid))


def stop(pid_file: Path, patience_s: float = 20.0) -> None:
    """End a program: it is asked first, then killed."""
    pid = running(pid_file)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + patience_s
            while running(pid_file) and time.monotonic() < deadline:
                _reap(pid)
                time.sleep(0.1)
            if not running(pid_file):
                break
    pid_file.unlink(missing_ok=True)


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):  # another process started it
        os.waitpid(pid, os.WNOHANG)


def wait_until(what: str, condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition; one that raises is not met yet."""
    deadline, last = time.monotonic() + seconds, ""
    while True:
        try:
            if condition():
                return
        except (RuntimeError, OSError) as error:
            last = str(error)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds:.0f} s; {last}")
        time.sleep(0.2)
