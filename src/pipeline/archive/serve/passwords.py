"""Passwords as salted hashes, by scrypt (RFC 7914)."""

import base64
import hashlib
import hmac
import secrets

LOG2_N, BLOCKS, PARALLEL = 14, 8, 5
"""OWASP's password storage cheat sheet, for 16 MiB: 0.4 s of a core."""
MOST_MEMORY = 256 << 20
_KIND = "scrypt"
_SALT_BYTES = 16


def hash_password(password: str) -> str:
    """Return what is stored of a password: kind, parameters, salt and hash.

    >>> hash_password("secret").split("$")[:4]
    ['scrypt', '14', '8', '5']
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    return _entry(salt, _scrypt(password, salt, LOG2_N, BLOCKS, PARALLEL))


def nobody() -> str:
    """Return an entry that no password has, as slow to try as any."""
    return _entry(secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(64))


def is_password(password: str, entry: str) -> bool:
    """Return whether a password is the one of an entry, in a time that does not tell how nearly.

    Raises
    ------
    ValueError
        If it is no entry of `hash_password`.

    >>> entry = hash_password("secret")
    >>> is_password("secret", entry), is_password("Secret", entry)
    (True, False)
    """
    *numbers, salt, expected = _parts(entry)
    return hmac.compare_digest(_scrypt(password, salt, *numbers), expected)


def _entry(salt: bytes, found: bytes) -> str:
    numbers = [str(LOG2_N), str(BLOCKS), str(PARALLEL)]
    return "$".join([_KIND, *numbers, _text(salt), _text(found)])


def check_entry(entry: str) -> None:
    """Raise a ValueError unless it is an entry of `hash_password`."""
    _parts(entry)


def _parts(entry: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        kind, log2_n, blocks, parallel, salt, found = entry.split("$")
        n, r, p = int(log2_n), int(blocks), int(parallel)
        if kind != _KIND or not (10 <= n <= 20 and 1 <= r <= 16 and 1 <= p <= 16):
            raise ValueError
        if 128 * r * (2**n + p + 2) > MOST_MEMORY:
            raise ValueError
        return n, r, p, base64.b64decode(salt, validate=True), base64.b64decode(found)
    except ValueError:  # which says what was found
        raise ValueError("no hash of a password as `nightmill add-user` writes it") from None


def _scrypt(password: str, salt: bytes, log2_n: int, blocks: int, parallel: int) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(
        secret, salt=salt, n=2**log2_n, r=blocks, p=parallel, maxmem=2 * MOST_MEMORY
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
