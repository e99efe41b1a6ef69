"""Where packets come from: a folder, a container, a tarball, parquet.

Every form ends as `Chunk`s: encoded records (or parquet rows) and where they lie, so that
shards can read just theirs later. A file that is damaged gives what it has up to the
damage, then a `Failure`; the next file goes on.
"""

import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip, isal_zlib

from pipeline.config.nights import AVRO_SUFFIX, DUMP_SUFFIXES, PARQUET_SUFFIX, TAR_SUFFIXES
from pipeline.io.avro import AvroError, Block, read_blocks

# LSST rows have 1000 earlier measurements: a batch stays below 300 MB in memory.
PARQUET_ROWS = 512
# Confluent's wire format: a zero byte, the schema's number (big-endian u32), the record.
FRAME_BYTES = 5


@dataclass(frozen=True)
class Chunk:
    """Records of one source that follow one another.

    Attributes
    ----------
    source : str
        The packet's file, for people: a path, or a tarball's path and its member.
    block : Block or None
        AVRO records, or None.
    table : pyarrow.Table or None
        Parquet rows, or None.
    file : str or None
        File that holds the encoded records as they are, at `offset`; None if no file does.
    offset : int
    first : int
        Number of the first record within its source.
    """

    source: str
    block: Block | None = None
    table: pa.Table | None = None
    file: str | None = None
    offset: int = 0
    first: int = 0


@dataclass(frozen=True)
class Failure:
    """Something in a source that could not be read."""

    source: str
    position: int
    reason: str


def check_source(path: Path) -> None:
    """Raise unless `path` is a thing that may hold packets.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If it is no folder and has none of the known suffixes.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder of packets")
    if not path.is_dir() and not path.name.endswith(DUMP_SUFFIXES):
        raise ValueError(
            f"{path}: expected a folder or a file ending in {', '.join(DUMP_SUFFIXES)}"
        )


def read_source(path: Path, schemas: Path | None = None) -> Iterator[Chunk | Failure]:
    """Yield all packets of a night's dump, in the order of the files' names.

    Parameters
    ----------
    path : Path
        Folder (searched to all depths), ``.avro``, ``.tar``, ``.tar.gz``, ``.tgz``, ``.parquet``.
    schemas : Path, optional
        Folder of ``<number>.avsc`` for packets framed with a registry's schema number.
    """
    check_source(path)
    if path.is_dir():
        files = [f for f in path.rglob("*") if f.suffix in (AVRO_SUFFIX, PARQUET_SUFFIX)]
        for file in sorted(files):
            yield from _read_file(file, schemas)
    else:
        yield from _read_file(path, schemas)


def _read_file(path: Path, schemas: Path | None) -> Iterator[Chunk | Failure]:
    try:
        if path.name.endswith(TAR_SUFFIXES):
            yield from _read_tar(path, schemas)
        elif path.suffix == PARQUET_SUFFIX:
            yield from _read_parquet(path)
        else:
            with path.open("rb") as stream:
                size = path.stat().st_size
                yield from _read_avro(stream, size, str(path), schemas, str(path), 0)
    except OSError as error:
        yield Failure(str(path), 0, f"unreadable: {error.strerror or error}")


def _read_avro(
    stream: BinaryIO, size: int, source: str, schemas: Path | None, file: str | None, base: int
) -> Iterator[Chunk | Failure]:
    """Yield the blocks of one container that begins at byte `base` of `file`."""
    position = 0
    try:
        first = stream.read(1)
        stream.seek(0)
        blocks = _framed(stream, schemas) if first == b"\0" else read_blocks(stream, size)
        for block in blocks:
            held = file is not None and block.offset is not None
            yield Chunk(
                source,
                block=block,
                file=file if held else None,
                offset=base + block.offset if held else 0,
                first=position,
            )
            position += block.count
    except AvroError as error:
        yield Failure(source, position, str(error))


def _framed(stream: BinaryIO, schemas: Path | None) -> Iterator[Block]:
    content = stream.read()
    if len(content) <= FRAME_BYTES:
        raise AvroError("truncated frame")
    number = int.from_bytes(content[1:FRAME_BYTES], "big")
    file = schemas / f"{number}.avsc" if schemas else None
    if file is None or not file.is_file():
        raise AvroError(f"framed packet: schema {number}.avsc is not in the schemas folder")
    yield Block(file.read_bytes(), 1, content[FRAME_BYTES:], FRAME_BYTES)


def _read_tar(path: Path, schemas: Path | None) -> Iterator[Chunk | Failure]:
    """Yield the members that end in .avro; an uncompressed tar is read in place later."""
    plain = path.suffix == ".tar"
    member_name = ""
    try:
        with _open_tar(path) as archive:
            for member in archive:
                member_name = member.name
                if not member.isfile() or not member.name.endswith(AVRO_SUFFIX):
                    continue
                content = archive.extractfile(member).read()
                source = f"{path}/{member.name}"
                file, base = (str(path), member.offset_data) if plain else (None, 0)
                yield from _read_avro(
                    io.BytesIO(content), len(content), source, schemas, file, base
                )
    except (tarfile.TarError, EOFError, zlib.error, isal_zlib.error, OSError) as error:
        where = f"after or in {member_name}" if member_name else "at its beginning"
        yield Failure(str(path), 0, f"damaged or truncated tarball {where}: {error}")


@contextmanager
def _open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    """Open as a stream, gunzipped by isal."""
    opener = open if path.suffix == ".tar" else igzip.open
    with opener(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        yield archive


def _read_parquet(path: Path) -> Iterator[Chunk | Failure]:
    position = 0
    try:
        with pq.ParquetFile(path) as parquet:
            for batch in parquet.iter_batches(PARQUET_ROWS):
                yield Chunk(str(path), table=pa.Table.from_batches([batch]), first=position)
                position += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Failure(str(path), position, f"damaged or not parquet: {reason}")
