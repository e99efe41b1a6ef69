"""AVRO in a dump: containers, framed packets, and tarballs of them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pipeline.alerts import parts
from pipeline.alerts.dumps import AVRO_SUFFIX, why_not_read
from pipeline.alerts.found import EncodedBlock, Found, Unreadable
from pipeline.alerts.parts import Part
from pipeline.io.avro import MAX_BLOCK_BYTES, AvroError, Block, read_blocks
from pipeline.io.names import readable
from pipeline.io.schema_folder import SchemaFolder
from pipeline.io.tar_walk import cut_tarball
from pipeline.io.tarball import TarballError, read_members

# Confluent's wire format: a zero byte, the schema's number (big-endian u32), the record.
FRAME_BYTES = 5


@dataclass(frozen=True)
class _Container:
    """A container, and where it lies: from byte `base` of `file`, if that holds it as it is."""

    stream: BinaryIO
    size: int
    source: str
    file: str | None
    base: int

    @property
    def segments(self) -> range:
        """The numbers of all its segments."""
        return range(-(-max(self.size, 1) // parts.SEGMENT_BYTES))


def read_file(path: Path, segments: range, schemas: SchemaFolder) -> Iterator[Found]:
    """Yield what begins in some segments of an AVRO file.

    Parameters
    ----------
    path : Path
    segments : range
        Of `pipeline.alerts.parts`. What is wrong with the file as a whole is told by every
        part that reads of it: merging keeps one.
    schemas : SchemaFolder
        For framed packets.
    """
    with path.open("rb") as stream:
        name = readable(str(path))
        # A path that no table can hold is not come back to: its records are copied.
        file = name if name == str(path) else None
        container = _Container(stream, path.stat().st_size, name, file, 0)
        yield from _read(container, segments, schemas)


def read_tarball(path: Path, part: Part, schemas: SchemaFolder) -> Iterator[Found]:
    """Yield a part of the members that end in .avro.

    An uncompressed tarball is read in place later; a compressed one can be read from its
    beginning only, and is the first part's.
    """
    tarball = readable(str(path))
    plain = path.suffix == ".tar" and tarball == str(path)
    span = _span(path, part)
    if span == (0, 0):
        return
    try:
        unread = partial(why_not_read, read=(AVRO_SUFFIX,))
        for member, content in read_members(path, AVRO_SUFFIX, unread, span):
            source = f"{tarball}/{readable(member.name)}"
            if isinstance(content, str):
                yield Unreadable(source, 0, content)
                continue
            base = member.offset_data + (span[0] if span else 0)
            file = tarball if plain else None
            container = _Container(io.BytesIO(content), len(content), source, file, base)
            yield from _read(container, container.segments, schemas)
    except TarballError as error:
        yield Unreadable(tarball, 0, str(error))


def check_tarball(path: Path) -> None:
    """Raise if no member can hold packets.

    Raises
    ------
    ValueError
        If no name ends in .avro.
    """
    try:
        next(read_members(path, AVRO_SUFFIX))
    except StopIteration:
        raise ValueError(f"{path}: no {AVRO_SUFFIX} in it") from None


def _span(path: Path, part: Part) -> tuple[int, int] | None:
    """Return which bytes are a part's: None for all of them, (0, 0) for none."""
    if part.of == 1 or not path.stat().st_size:
        return None if part.is_first else (0, 0)
    if path.suffix != ".tar":
        return None if part.is_first else (0, 0)
    begin, behind = cut_tarball(path, part.of)[part.number : part.number + 2]
    return (begin, behind) if begin < behind else (0, 0)


def _read(container: _Container, segments: range, schemas: SchemaFolder) -> Iterator[Found]:
    source, position = container.source, 0
    shared = segments != container.segments
    try:
        for block in _blocks(container, segments, schemas):
            if isinstance(block, AvroError):
                yield Unreadable(source, position, str(block), shared)
                position += 1
                continue
            place = None
            if container.file is not None and block.offset is not None:
                place = (container.file, container.base + block.offset)
            yield EncodedBlock(source, position, block, place, shared)
            position += block.count
    except AvroError as error:
        yield Unreadable(source, position, str(error), repeated=segments.start > 0)


def _blocks(
    container: _Container, segments: range, schemas: SchemaFolder
) -> Iterator[Block | AvroError]:
    """Yield the blocks that begin in some segments, found without what is before them."""
    stream, size = container.stream, container.size
    first = stream.read(1)
    stream.seek(0)
    if first == b"\0":
        if segments.start == 0:
            yield _framed(stream, schemas)
        return
    begin, behind = (n * parts.SEGMENT_BYTES for n in (segments.start, segments.stop))
    yield from read_blocks(stream, size, (begin, min(behind, size)))


def _framed(stream: BinaryIO, schemas: SchemaFolder) -> Block:
    content = stream.read(MAX_BLOCK_BYTES + 1)
    if not FRAME_BYTES < len(content) <= MAX_BLOCK_BYTES:
        raise AvroError(f"framed packet: not of {FRAME_BYTES + 1} to {MAX_BLOCK_BYTES} bytes")
    number = int.from_bytes(content[1:FRAME_BYTES], "big")
    return Block(schemas.schema(number), 1, content[FRAME_BYTES:], FRAME_BYTES)
