"""The frame around every job of the workflow: its log, its time, its last word."""

import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.contract.changed import ChangedInputError
from pipeline.contract.healing import NO_USE, may_heal

TOLD_LATER = "NIGHTMILL_REASONS_LATER"
"""Variable of the environment: who started the job reads its log, and says why it failed."""

logger = logging.getLogger("pipeline")


@contextmanager
def job(log: str | Path) -> Iterator[logging.Logger]:
    """Run a block as a job: messages go to `log`, an error ends it in one clear line.

    The log gets the time, CPU seconds and peak memory, and the traceback of an error;
    standard error gets just the error's message and where the rest is, unless who started the job
    says it (`TOLD_LATER`) and the log is whole. An input that has changed has no traceback. Both
    say of an error that stays that it does (`pipeline.contract.healing`).

    Parameters
    ----------
    log : str or Path
        Overwritten.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = _Log(path, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    started = time.monotonic()
    try:
        yield logger
        logger.info("done in %.1f s; %s", time.monotonic() - started, _usage())
    except Exception as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        text = f"{error} ({notes})" if notes else str(error)
        stays = "" if may_heal(error) else f"; {NO_USE}"
        failed = f"failed after {time.monotonic() - started:.1f} s; {_usage()}{stays}"
        if isinstance(error, ChangedInputError):
            logger.error("%s: %s", failed, text)
        else:
            logger.exception(failed)
        said = f"{type(error).__name__}: {text}\nSee {path}{stays}"
        sys.exit(1 if os.environ.get(TOLD_LATER) and handler.whole else said)
    finally:
        logger.removeHandler(handler)
        handler.close()


class _Log(logging.FileHandler):
    """A log that cannot be written (a full disk) does not hide what the job has to say."""

    whole = True

    def handleError(self, record: logging.LogRecord) -> None:
        self.whole = False

    def close(self) -> None:
        with suppress(OSError):
            super().close()


def _usage() -> str:
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = sum(use.ru_utime + use.ru_stime for use in (own, children))
    # ru_maxrss is in kB on Linux, in bytes on macOS.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return f"{seconds:.1f} CPU s, at most {max(own.ru_maxrss, children.ru_maxrss) / unit:.2f} GB"
