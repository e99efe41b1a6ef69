"""Who may ask: a file of names and hashed passwords, or one user of the environment."""

import hashlib
import hmac
import logging
import os
import re
import secrets
import stat
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from pipeline.archive.serve.passwords import check_entry, hash_password, is_password, nobody
from pipeline.io.atomic import atomic_path
from pipeline.services.credentials import Credentials

SERVICE = "NIGHTMILL_SERVE"
"""Whose ``_USERNAME`` and ``_PASSWORD`` are looked for in the environment."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
MOST_REMEMBERED = 1000
logger = logging.getLogger(__name__)


class Users:
    """The users of a server; a change of their file counts at once.

    Parameters
    ----------
    file : Path, optional
        Lines ``name:hash`` of `add_user`, that nobody else may read.
    own : pipeline.services.credentials.Credentials, optional
        One more user.

    Raises
    ------
    ValueError
        If there are none, or the file cannot be used.
    """

    def __init__(self, file: Path | None = None, own: Credentials | None = None) -> None:
        self._file = file
        self._own = {own.username: hash_password(own.password)} if own else {}
        self._nobody = nobody()
        self._seen: tuple[int, ...] = ()
        self._of_file: dict[str, str] = {}
        self._key = secrets.token_bytes()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        if file is not None:
            self._reload(file)
        if not self._own and not self._of_file:
            where = f"{file} has none" if file else f"no file, no {SERVICE}_USERNAME"
            raise ValueError(f"no users: {where}; `nightmill add-user NAME` makes one")

    def entry(self, name: str) -> str | None:
        """Return what is stored of a user's password now; None if there is no such user."""
        if self._file is not None:
            try:
                self._reload(self._file)
            except (ValueError, OSError) as error:
                logger.error("no user of the file may ask: %s", error)
                self._of_file, self._seen = {}, ()
        return self._own.get(name) or self._of_file.get(name)

    def login(self, name: str, password: str) -> str | None:
        """Return the user's entry, if it is the password; takes as long where there is no user.

        A password that was right is recognised at once until the end of the process, by a
        hash with a key of this process.
        """
        entry = self.entry(name)
        if entry is None:
            is_password(password, self._nobody)
            return None
        said = "\0".join([entry, password]).encode("utf-8", "surrogatepass")
        mark = hmac.digest(self._key, said, hashlib.sha256)
        if mark not in self._known:
            if not is_password(password, entry):
                return None
            self._known[mark] = None
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return entry

    def _reload(self, file: Path) -> None:
        found = file.stat()
        seen = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
        if seen != self._seen:
            self._of_file = read_users(file)
            self._seen = seen


def read_users(file: Path) -> dict[str, str]:
    """Return the entries of a file of users.

    Raises
    ------
    ValueError
        If others may read it, or a line is none of `add_user`.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            mode = os.fstat(lines.fileno()).st_mode
            if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
                raise ValueError(f"others may read it (mode {stat.S_IMODE(mode):o}): chmod 600 it")
            return _parsed(lines)
    except UnicodeDecodeError:
        raise ValueError(f"{file}: is no text in UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _parsed(lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, entry = line.strip().partition(":")
        if not NAME.fullmatch(name):
            raise ValueError(f"line {number}: expected name:hash")
        if name in found:
            raise ValueError(f"line {number}: {name} is there for the second time")
        check_entry(entry)
        found[name] = entry
    return found


def add_user(file: Path, name: str, password: str) -> None:
    """Write a user to a file, or a new password of theirs.

    Raises
    ------
    ValueError
        If the name or the password is of no use, or the file is none of users.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"user {name!r}: letters, digits and _ . @ - are allowed, 64 at most")
    if len(password) < 8:
        raise ValueError("a password has at least 8 letters")
    users = read_users(file) if file.exists() else {}
    users[name] = hash_password(password)
    with atomic_path(file) as part:
        part.touch(mode=0o600)
        part.chmod(0o600)
        part.write_text("".join(f"{of}:{entry}\n" for of, entry in users.items()))
