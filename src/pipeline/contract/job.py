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
from pipeline.io.messages import one_line

TOLD_LATER = "NIGHTMILL_REASONS_LATER"
"""Variable of the environment: who started the job reads its log, and says why it failed."""

REASON = "reason: "
"""How the last line of a failed job's log goes on behind the time and level."""
MOST_LETTERS = 2000
"""Of it: whoever reads the end of a log comes to its beginning."""

logger = logging.getLogger("pipeline")


@contextmanager
def job(log: str | Path) -> Iterator[logging.Logger]:
    """Run a block as a job: messages go to `log`, an error ends it in one clear line.

    The log gets the time, CPU seconds and peak memory, and the traceback of an error;
    its last line is the error's message (`REASON`). Standard error gets just that and where the
    rest is, unless who started the job says it (`TOLD_LATER`) and the log is whole. An input
    that has changed has no traceback. Both say of an error that stays that it does
    (`pipeline.contract.healing`).

    Parameters
    ----------
    log : str or Path
        Overwritten.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    # whatever the locale, and names of files that are no text
    handler = _Log(path, mode="w", encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    started = time.monotonic()
    try:
        yield logger
        logger.info("done in %.1f s; %s", time.monotonic() - started, _usage())
    except Exception as error:
        said = reason(error)
        stays = "" if may_heal(error) else f"; {NO_USE}"
        failed = f"failed after {time.monotonic() - started:.1f} s; {_usage()}{stays}"
        if isinstance(error, ChangedInputError):
            logger.error("%s: %s", failed, one_line(error))
        else:
            logger.exception(failed)
            logger.error("%s%s%s", REASON, said, stays)
        told = os.environ.get(TOLD_LATER) and handler.whole
        sys.exit(1 if told else f"{said}\nSee {path}{stays}")
    finally:
        logger.removeHandler(handler)
        handler.close()


def reason(error: BaseException) -> str:
    """Return an error in one line of at most about `MOST_LETTERS`.

    >>> reason(ValueError("bad.h5: no model")), reason(MemoryError())
    ('ValueError: bad.h5: no model', 'MemoryError: it says no more')
    """
    text = one_line(error) if str(error) or hasattr(error, "__notes__") else "it says no more"
    if len(text) > MOST_LETTERS:
        text = f"{text[:MOST_LETTERS]}… ({len(text):,} letters)"
    return f"{type(error).__name__}: {text}"


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
