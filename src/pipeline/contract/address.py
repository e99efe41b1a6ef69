"""Inputs behind an address: wherever a path may stand, and fetched by one rule (``fetch_input``).

For everything else such an input is the path that it is fetched to, so nothing else knows of it.
The path follows from the address: another address is another input, and a fetched one stays.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel

from pipeline.contract import paths
from pipeline.contract.section import FilePath, without_password

FETCHED = f"{paths.RESULTS}/inputs/{{address}}/{{file}}"
"""Where an input is fetched to; `address` is a hash of its address."""
SCHEMES = ("http", "https", "s3")
_ODD = re.compile(r"[^A-Za-z0-9._,+=-]")


class Address(str):
    """The path that an input behind an address is fetched to.

    Attributes
    ----------
    url : str
        The address.
    """

    url: str

    def __new__(cls, path: str, url: str) -> "Address":
        """Return a path that knows its address."""
        self = super().__new__(cls, path)
        self.url = url
        return self

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # a copy knows it too
        """Return what a copy is made of."""
        return str(self), self.url

    @classmethod
    def of(cls, url: str) -> "Address":
        """Return where the file behind an address is fetched to; it keeps its name.

        Raises
        ------
        ValueError
            If it is no address of http or https, names no host or no file, or has a password.

        >>> Address.of("https://host/a/vsx.parquet?version=2")
        'results/inputs/6b2cf906d6e85d48/vsx.parquet'
        """
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise ValueError(
                f"only {' and '.join(f'{scheme}://' for scheme in SCHEMES)} are fetched; write a "
                "local file without file://"
            )
        if not parts.hostname:
            raise ValueError("an address names a host behind ://")
        without_password(url)
        file = _ODD.sub("_", unquote(PurePosixPath(parts.path).name))[-100:]
        if not file.strip("."):
            raise ValueError("an address ends in the name of a file")
        where = FETCHED.format(address=sha256(url.encode()).hexdigest()[:16], file=file)
        return cls(where, url)


def _fetched(value: str) -> str:
    return Address.of(value) if "://" in value else value


InputPath = Annotated[FilePath, AfterValidator(_fetched)]
"""The path of a file or folder that jobs read, or an address, which becomes an `Address`."""


def written(path: str) -> str:
    """Return a path as it stands in the configuration.

    >>> written("a.fits"), written(Address.of("https://host/a.fits"))
    ('a.fits', 'https://host/a.fits')
    """
    return path.url if isinstance(path, Address) else path


def is_to_come(path: str) -> bool:
    """Return whether an input is behind an address, and has not been fetched."""
    return isinstance(path, Address) and not Path(path).exists()


def addresses(value: Any) -> Iterator[Address]:
    """Yield all addresses in sections, mappings and lists of them."""
    if isinstance(value, Address):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from addresses(getattr(value, name))
    elif isinstance(value, dict):
        yield from addresses(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from addresses(item)
