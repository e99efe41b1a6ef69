"""Where packets come from: a folder, a container, a tarball, parquet.

Every form ends as `EncodedBlock`s, and where they lie, so that shards can read just theirs
later, or as `Rows` of parquet. A file that is damaged gives what it has up to the damage,
then an `Unreadable`; the next file goes on.
"""

import errno
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.dumps import (
    AVRO_SUFFIX,
    DUMP_SUFFIXES,
    PARQUET_SUFFIX,
    TAR_SUFFIXES,
    why_not_read,
)
from pipeline.io.arrow_plain import plain_table
from pipeline.io.avro import MAX_BLOCK_BYTES, AvroError, Block, read_blocks
from pipeline.io.names import readable
from pipeline.io.regular import IrregularFileError, check_regular
from pipeline.io.schema_folder import SchemaFolder
from pipeline.io.tarball import TarballError, read_members

# LSST rows have 1000 earlier measurements: a batch stays below 300 MB in memory.
PARQUET_ROWS = 512
# Confluent's wire format: a zero byte, the schema's number (big-endian u32), the record.
FRAME_BYTES = 5
# Errors of one entry of a folder. Any other (a disk or a network that fails) fails the job,
# which can be repeated, where a rejected packet stays so.
_OF_ONE_FILE = (errno.EISDIR, errno.ENOENT, errno.EACCES, errno.ELOOP)


@dataclass(frozen=True)
class EncodedBlock:
    """AVRO records of one source that follow one another.

    Attributes
    ----------
    source : str
        The packets' file, for people: a path, or a tarball's path and its member.
    first : int
        Number of the first record within its source.
    block : Block
    place : (str, int) or None
        File that holds the encoded records as they are, and the byte where they begin; None
        if no file does.
    """

    source: str
    first: int
    block: Block
    place: tuple[str, int] | None = None


@dataclass(frozen=True)
class Rows:
    """Parquet rows of one source that follow one another.

    Attributes
    ----------
    source : str
        The file, for people.
    first : int
        Number of the first row within it.
    table : pyarrow.Table
    """

    source: str
    first: int
    table: pa.Table


@dataclass(frozen=True)
class Unreadable:
    """Something in a source that could not be read: where, and why."""

    source: str
    position: int
    reason: str


Found = EncodedBlock | Rows | Unreadable


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


def read_source(path: Path, schemas: Path | None = None) -> Iterator[Found]:
    """Yield all packets of a night's dump, in the order of the files' names.

    Parameters
    ----------
    path : Path
        Folder (searched to all depths), ``.avro``, ``.tar``, ``.tar.gz``, ``.tgz``, ``.parquet``.
    schemas : Path, optional
        Folder of ``<number>.avsc`` for packets framed with a registry's schema number, and of
        the ``<full name>.avsc`` that these refer to.

    Raises
    ------
    OSError
        If reading fails for a reason outside the dump, such as a network that is down.
    ValueError
        If there is nothing in it that may hold packets.
    """
    check_source(path)
    folder = SchemaFolder(schemas)
    yield from _read_folder(path, folder) if path.is_dir() else _read_file(path, folder)


def _read_folder(path: Path, schemas: SchemaFolder) -> Iterator[Found]:
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
    for error in errors:
        yield _unreadable_entry(error, error.filename)
    for link in sorted(links):
        yield Unreadable(readable(str(link)), 0, "a link to a folder, which is not followed")
    for file in sorted(unread):
        yield Unreadable(readable(str(file)), 0, unread[file])
    for file in sorted(files):
        try:
            check_regular(file)
            yield from _read_file(file, schemas)
        except IrregularFileError:
            yield Unreadable(readable(str(file)), 0, "no regular file")
        except OSError as error:
            yield _unreadable_entry(error, str(file))


def _unreadable_entry(error: OSError, source: str) -> Unreadable:
    if error.errno not in _OF_ONE_FILE:
        raise error
    return Unreadable(readable(source), 0, f"unreadable: {error.strerror}")


def _read_file(path: Path, schemas: SchemaFolder) -> Iterator[Found]:
    if path.name.endswith(TAR_SUFFIXES):
        yield from _read_tar(path, schemas)
    elif path.suffix == PARQUET_SUFFIX:
        yield from _read_parquet(path)
    else:
        with path.open("rb") as stream:
            size, name = path.stat().st_size, readable(str(path))
            # A path that no table can hold is not come back to: its records are copied.
            file = name if name == str(path) else None
            yield from _read_avro(stream, size, name, schemas, file, 0)


def _read_avro(
    stream: BinaryIO, size: int, source: str, schemas: SchemaFolder, file: str | None, base: int
) -> Iterator[Found]:
    """Yield the blocks of one container that begins at byte `base` of `file`."""
    position = 0
    try:
        first = stream.read(1)
        stream.seek(0)
        blocks = _framed(stream, schemas) if first == b"\0" else read_blocks(stream, size)
        for block in blocks:
            if isinstance(block, AvroError):
                yield Unreadable(source, position, str(block))
                position += 1
                continue
            place = None
            if file is not None and block.offset is not None:
                place = (file, base + block.offset)
            yield EncodedBlock(source, position, block, place)
            position += block.count
    except AvroError as error:
        yield Unreadable(source, position, str(error))


def _framed(stream: BinaryIO, schemas: SchemaFolder) -> Iterator[Block]:
    content = stream.read(MAX_BLOCK_BYTES + 1)
    if not FRAME_BYTES < len(content) <= MAX_BLOCK_BYTES:
        raise AvroError(f"framed packet: not of {FRAME_BYTES + 1} to {MAX_BLOCK_BYTES} bytes")
    number = int.from_bytes(content[1:FRAME_BYTES], "big")
    yield Block(schemas.schema(number), 1, content[FRAME_BYTES:], FRAME_BYTES)


def _read_tar(path: Path, schemas: SchemaFolder) -> Iterator[Found]:
    """Yield the members that end in .avro; an uncompressed tar is read in place later."""
    tarball = readable(str(path))
    plain = path.suffix == ".tar" and tarball == str(path)
    empty = True
    try:
        unread = partial(why_not_read, read=(AVRO_SUFFIX,))
        for member, content in read_members(path, AVRO_SUFFIX, unread):
            empty = empty and not member.name.endswith(AVRO_SUFFIX)
            source = f"{tarball}/{readable(member.name)}"
            if isinstance(content, str):
                yield Unreadable(source, 0, content)
                continue
            file, base = (tarball, member.offset_data) if plain else (None, 0)
            yield from _read_avro(io.BytesIO(content), len(content), source, schemas, file, base)
    except TarballError as error:
        yield Unreadable(tarball, 0, str(error))
        return
    if empty:
        raise ValueError(f"{path}: no {AVRO_SUFFIX} in it")


def _read_parquet(path: Path) -> Iterator[Found]:
    source, position = readable(str(path)), 0
    try:
        with pq.ParquetFile(path) as parquet:
            _check_rows(parquet, path.stat().st_size)
            for batch in parquet.iter_batches(PARQUET_ROWS):
                table = plain_table(pa.Table.from_batches([batch]))
                yield Rows(source, position, table)
                position += batch.num_rows
    except UnicodeDecodeError as error:
        yield Unreadable(source, position, f"a column's name is not UTF-8: {error.object!r}")
    except (pa.ArrowException, OSError, MemoryError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Unreadable(source, position, f"damaged or not parquet: {reason}")


def _check_rows(parquet: pq.ParquetFile, size: int) -> None:
    """Raise if it claims more rows than its bytes can hold: a repeated value takes none."""
    if (rows := parquet.metadata.num_rows) > size:
        raise ValueError(f"{rows} rows in {size} bytes")
