"""Who we are at a service: from the environment, or a file that nobody else can read.

Credentials stand nowhere else: not in the configuration, arguments, logs, receipts or errors.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

_KEYS = ("username", "password")


class CredentialsError(ValueError):
    """Credentials that cannot be used; the message says where they stand, never what they are."""


@dataclass(frozen=True)
class Credentials:
    """A user and a password, which print as nothing.

    >>> Credentials("someone", "secret")
    Credentials()
    """

    username: str = field(repr=False)
    password: str = field(repr=False)


def find_credentials(service: str, file: str | None = None) -> Credentials | None:
    """Return the credentials for a service; None if there are none.

    Parameters
    ----------
    service : str
        Such as ``MONGODB``, whose variables are ``MONGODB_USERNAME`` and ``MONGODB_PASSWORD``.
        They go before the file.
    file : str, optional
        Lines ``username=…`` and ``password=…``.

    Raises
    ------
    CredentialsError
        If one variable is set without the other, or others may read the file, or it has
        other lines.
    """
    names = [f"{service}_{key.upper()}" for key in _KEYS]
    values = [os.environ.get(name) for name in names]
    if all(values):
        return Credentials(*map(str, values))
    if any(values):
        raise CredentialsError(f"{' and '.join(names)}: one is set without the other")
    return None if file is None else _of_file(Path(file))


def _of_file(path: Path) -> Credentials:
    try:
        with path.open(encoding="utf-8") as lines:
            mode = os.fstat(lines.fileno()).st_mode
            if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
                mine = f"others may read it (mode {stat.S_IMODE(mode):o}): chmod 600 {path}"
                raise CredentialsError(f"{path}: {mine}")
            pairs = [line.partition("=") for line in lines if _counts(line)]
    except OSError as error:
        raise CredentialsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CredentialsError(f"{path}: is no text in UTF-8") from None
    found = {key.strip(): value.strip() for key, _, value in pairs}
    if set(found) != set(_KEYS) or len(pairs) != len(_KEYS) or not all(found.values()):
        raise CredentialsError(f"{path}: expected two lines, username=… and password=…")
    return Credentials(**found)


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
