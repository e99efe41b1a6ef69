"""The members of a tarball as a stream; damage shows, where tarfile takes it for the end."""

import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from isal import igzip, isal_zlib

from pipeline.io.names import readable

MAX_MEMBER_BYTES = 1 << 28
"""A packet has 0.1 MB, a member may be a container of thousands; it is held in memory."""
_MAX_HEADER_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 20

# Headers with a length of their own, which tarfile reads whole: long names and pax.
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip
# What parsing a hostile header was seen to raise, beside tarfile's own errors.
DAMAGE = (
    tarfile.TarError, EOFError, zlib.error, isal_zlib.error, ValueError, LookupError,
    ArithmeticError, RecursionError,
)  # fmt: skip


class TarballError(ValueError):
    """A tarball that cannot be read on."""


class StrictHeader(tarfile.TarInfo):
    """A header; a damaged one is an error also behind the first member."""

    needs_end_marker = True

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return a header from its block; see `tarfile.TarInfo.frombuf`."""
        info = super().frombuf(buf, encoding, errors)
        if info.size < 0 or (info.type in _HEADERS and info.size > _MAX_HEADER_BYTES):
            raise tarfile.ReadError(f"impossible header of {info.size} bytes")
        return info

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        """Return the next header; see `tarfile.TarInfo.fromtarfile`."""
        try:
            return super().fromtarfile(tarfile_)
        # typeshed does not know these three.
        except tarfile.EmptyHeaderError as error:  # type: ignore[attr-defined]
            if not cls.needs_end_marker:
                raise
            raise tarfile.ReadError("no end marker") from error
        except (
            tarfile.InvalidHeaderError,  # type: ignore[attr-defined]
            tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]
        ) as error:
            raise tarfile.ReadError(str(error)) from error


class _Zipped(StrictHeader):
    """A header inside gzip, whose own end shows that nothing was cut off.

    The archive's nightly tarballs have an end marker, subsets of them that people make may
    have none.
    """

    needs_end_marker = False


def read_members(
    path: Path,
    suffix: str,
    unread: Callable[[str], str | None] = lambda _name: None,
    span: tuple[int, int] | None = None,
) -> Iterator[tuple[tarfile.TarInfo, bytes | str]]:
    """Yield the members whose names end in `suffix`, with their bytes or why there are none.

    Folders are passed over. The whole file is read, so that gzip's check sum is compared.

    Parameters
    ----------
    path : Path
        A tarball; compressed by gzip unless its name ends in ``.tar``.
    suffix : str
    unread : callable, optional
        Says why a member of another name is not read, if that is to be told.
    span : (int, int), optional
        Of an uncompressed one: the members that begin in this range of bytes, which begins at
        a member (`pipeline.io.tar_walk.cut_tarball`). A member's ``offset_data`` counts from
        there.

    Raises
    ------
    OSError
        If reading fails for a reason outside the file, such as a network that is down.
    TarballError
        At the first damage, or for bytes behind the end marker.
    """
    begin, behind = span or (0, None)
    name = ""
    try:
        with _opened(path, begin) as archive:
            while (member := archive.next()) is not None:
                if behind is not None and begin + member.offset >= behind:
                    return
                name = member.name
                if name.endswith(suffix) and not member.isdir():
                    yield member, _content(archive, member)
                elif not member.isdir() and (why := unread(name)):
                    yield member, why
                _pass_by(archive)
            while chunk := archive.fileobj.read(_CHUNK_BYTES):
                if chunk.strip(b"\0"):
                    raise tarfile.ReadError("bytes behind its end marker")
    # isal's stub takes its error for an exception, where it is a class of them.
    except (*DAMAGE, OSError) as error:  # type: ignore[misc]
        if isinstance(error, OSError) and error.errno is not None:
            raise
        where = f"after or in {readable(name)}" if name else "at its beginning"
        raise TarballError(f"damaged or truncated tarball {where}: {error}") from error


@contextmanager
def _opened(path: Path, begin: int) -> Iterator[tarfile.TarFile]:
    opener, header = (open, StrictHeader) if path.suffix == ".tar" else (igzip.open, _Zipped)
    with opener(path, "rb") as stream:
        stream.seek(begin)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=header) as archive:
            yield archive


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | str:
    """Return a member's bytes, or why they are not read."""
    if not member.isreg() or member.issparse():
        return "a link, a sparse or special file inside a tarball"
    if member.size > MAX_MEMBER_BYTES:
        return f"{member.size} bytes, more than {MAX_MEMBER_BYTES}, inside a tarball"
    content = archive.extractfile(member)
    assert content is not None  # a regular file
    return content.read()


def _pass_by(archive: tarfile.TarFile) -> None:
    """Read up to the next header; tarfile seeks, which goes on for ever at a false size."""
    while (left := archive.offset - archive.fileobj.tell()) > 0:
        if not archive.fileobj.read(min(left, _CHUNK_BYTES)):
            raise tarfile.ReadError("unexpected end of data")
