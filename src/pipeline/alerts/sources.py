"""Where packets come from: a folder, a container, a tarball, parquet.

Every form ends as `EncodedBlock`s, and where they lie, so that shards can read just theirs
later, or as `Rows` of parquet. A file that is damaged gives what it has up to the damage,
then an `Unreadable`; the next file goes on.
"""

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.alerts import read_avro
from pipeline.alerts.dumps import (
    AVRO_SUFFIX,
    DUMP_SUFFIXES,
    PARQUET_SUFFIX,
    TAR_SUFFIXES,
    why_not_read,
)
from pipeline.alerts.found import Found, Unreadable
from pipeline.alerts.parts import Part, spans
from pipeline.alerts.read_parquet import read_parquet
from pipeline.io.names import readable
from pipeline.io.regular import IrregularFileError, check_regular
from pipeline.io.schema_folder import SchemaFolder

# Errors of one entry of a folder. Any other (a disk or a network that fails) fails the job,
# which can be repeated, where a rejected packet stays so.
_OF_ONE_FILE = (errno.EISDIR, errno.ENOENT, errno.EACCES, errno.ELOOP)


def check_source(path: Path) -> None:
    """Raise unless `path` is a thing that may hold packets.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    IrregularFileError
        If it is a named pipe, a device or a socket.
    ValueError
        If it is no folder and has none of the known suffixes.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder of packets")
    if not path.is_dir() and not path.name.endswith(DUMP_SUFFIXES):
        raise ValueError(
            f"{path}: expected a folder or a file ending in {', '.join(DUMP_SUFFIXES)}"
        )
    if not path.is_dir():
        check_regular(path)


def read_source(
    path: Path,
    schemas: Path | None = None,
    part: Part = Part(),  # noqa: B008 - immutable
) -> Iterator[Found]:
    """Yield the packets of a night's dump, in the order of the files' names.

    Parameters
    ----------
    path : Path
        Folder (searched to all depths), ``.avro``, ``.tar``, ``.tar.gz``, ``.tgz``, ``.parquet``.
    schemas : Path, optional
        Folder of ``<number>.avsc`` for packets framed with a registry's schema number, and of
        the ``<full name>.avsc`` that these refer to.
    part : Part, optional
        Which part of it; all parts, one after the other, yield what the whole does.

    Raises
    ------
    OSError
        If reading fails for a reason outside the dump, such as a network that is down.
    ValueError
        If there is nothing in it that may hold packets.
    """
    check_source(path)
    folder = SchemaFolder(schemas)
    if path.is_dir():
        yield from _read_folder(path, folder, part)
    elif path.name.endswith(TAR_SUFFIXES):
        yield from read_avro.read_tarball(path, part, folder)
    else:
        for file, segments in spans([(path, path.stat().st_size)], part):
            yield from _read_file(file, segments, folder)


def _read_folder(path: Path, schemas: SchemaFolder, part: Part) -> Iterator[Found]:
    files: list[Path] = []
    links: list[Path] = []
    errors: list[OSError] = []
    unread: dict[Path, str] = {}
    read = (AVRO_SUFFIX, PARQUET_SUFFIX)
    for folder, folders, names in os.walk(path, onerror=errors.append):
        links += [link for n in folders if (link := Path(folder, n)).is_symlink()]
        files += [Path(folder, n) for n in names if n.endswith(read)]
        unread |= {Path(folder, n): why for n in names if (why := why_not_read(n, read))}
    if not files and not errors and not links:
        raise ValueError(f"{path}: no {AVRO_SUFFIX} or {PARQUET_SUFFIX} in it")
    if part.is_first:
        for error in errors:
            yield _unreadable_entry(error, error.filename)
        for link in sorted(links):
            yield Unreadable(readable(str(link)), 0, "a link to a folder, which is not followed")
        for file in sorted(unread):
            yield Unreadable(readable(str(file)), 0, unread[file])
    for file, segments in spans([(file, _size(file)) for file in sorted(files)], part):
        try:
            check_regular(file)
            yield from _read_file(file, segments, schemas)
        except IrregularFileError:
            name = readable(str(file))
            yield Unreadable(name, 0, "no regular file", repeated=segments.start > 0)
        except OSError as error:
            yield replace(_unreadable_entry(error, str(file)), repeated=segments.start > 0)


def _size(file: Path) -> int:
    """Return a file's size [bytes]; 0 if there is none to read, which reading it says."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _unreadable_entry(error: OSError, source: str) -> Unreadable:
    if error.errno not in _OF_ONE_FILE:
        raise error
    return Unreadable(readable(source), 0, f"unreadable: {error.strerror}")


def _read_file(path: Path, segments: range, schemas: SchemaFolder) -> Iterator[Found]:
    if path.suffix == PARQUET_SUFFIX:
        return read_parquet(path, segments)
    return read_avro.read_file(path, segments, schemas)
