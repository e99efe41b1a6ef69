"""Limits of a process: memory beyond which it gets none."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")


@contextmanager
def memory_limit(megabytes: int) -> Iterator[None]:
    """Let this process take so much more memory than it has; files that are mapped are not it.

    Whoever allocates more gets an error there and then, in Python a `MemoryError`, whatever a
    library's own limit counts. Only where there is ``/proc`` (Linux): other systems do not
    keep such a limit.

    Parameters
    ----------
    megabytes : int
        [10^6 bytes].

    Raises
    ------
    ValueError
        If it is asked for more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
    if _STATUS.exists():
        most = min([_data_bytes() + megabytes * 1_000_000, *bounds])
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    except MemoryError:
        raise ValueError(f"stopped: it takes more than {megabytes:,} MB of memory") from None
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int:
    """Return what the kernel counts to the limit now."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmData:"))
    return int(kilobytes) * 1024
