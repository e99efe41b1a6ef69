"""The three forms in which dumps of alert packets come: folder, container, tarball."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from isal import igzip

from pipeline.io.atomic import atomic_path
from pipeline.simulate.container import block
from pipeline.simulate.defects import cut
from pipeline.simulate.dump import Packet, Simulation

_PACKETS = "packets"
BLOCK_RECORDS = 16
BLOCK_BYTES = 4_000_000
"""A block ends with the record that reaches one of these."""


class Sink(Protocol):
    """Takes packets one by one."""

    def write(self, packet: Packet) -> None:
        """Write one packet."""


@contextmanager
def open_output(folder: Path, format_: str, night: Simulation) -> Iterator[Sink]:
    """Open one of the forms below `folder`, which must exist.

    Parameters
    ----------
    folder : Path
        Where the packets go.
    format_ : str
        One of the night's. ``folder``: ``packets/<candid>.avro``; ``container``: one
        ``.avro``, or several in ``packets``; ``tarball``: a ``.tar.gz``, named as ZTF's archive
        names them.
    night : Simulation
        Whose packets they are.
    """
    if (dump := folder / dump_name(format_, night)).name == _PACKETS:
        dump.mkdir()
    if format_ == "folder":
        yield _Folder(dump)
    elif format_ == "container":
        with ExitStack() as open_file:
            containers = _Containers(dump, night, open_file)
            yield containers
            containers.flush()
    else:
        with (
            atomic_path(dump) as path,
            igzip.IGzipFile(str(path), "wb", compresslevel=1, mtime=0) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
        ):
            yield _Tarball(tar)


def dump_name(format_: str, night: Simulation) -> str:
    """Return the name of all of the packets, and of nothing else: a file, or a folder of files."""
    if format_ == "tarball":
        return f"{night.tarball}.tar.gz"
    one = format_ == "container" and night.container_bytes is None
    return f"{night.container}.avro" if one else _PACKETS


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, packet: Packet) -> None:
        with (self.folder / packet.file_name).open("xb") as file:  # never over another packet
            file.write(packet.file_bytes())


class _Tarball:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar

    def write(self, packet: Packet) -> None:
        data = packet.file_bytes()
        member = tarfile.TarInfo(packet.file_name)
        member.size = len(data)
        self.tar.addfile(member, io.BytesIO(data))


class _Containers:
    """Blocks of several records; a truncated one is a block of its own.

    A reader that trusts the counts fails there; one that looks for the next marker
    loses that record only.
    """

    def __init__(self, dump: Path, night: Simulation, open_file: ExitStack) -> None:
        self.dump, self.night, self.open_file = dump, night, open_file
        self.waiting: list[bytes] = []
        self.number = 0
        self._next_file()

    def write(self, packet: Packet) -> None:
        limit = self.night.container_bytes
        if limit is not None and self.file.tell() >= limit:
            self._next_file()
        record = packet.encoded(self.night.nullable_candid)
        if packet.defect == "truncated":
            self.flush()
            self.file.write(block([cut(record, packet.cut_generator())]))
            return
        self.waiting.append(record)
        if len(self.waiting) == BLOCK_RECORDS or sum(map(len, self.waiting)) >= BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.file.write(block(self.waiting))
            self.waiting = []

    def _next_file(self) -> None:
        self.flush()
        self.open_file.close()
        self.number += 1
        place = self.dump
        if self.night.container_bytes is not None:
            place /= f"{self.night.container}_{self.number:04d}.avro"
        path = self.open_file.enter_context(atomic_path(place))
        self.file = self.open_file.enter_context(path.open("wb"))
        self.file.write(self.night.header)
