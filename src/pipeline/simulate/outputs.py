"""The three forms in which dumps of alert packets come: folder, container, tarball."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from isal import igzip

from pipeline.io.atomic import atomic_path
from pipeline.simulate.defects import cut
from pipeline.simulate.stream import SimulatedPacket
from pipeline.simulate.ztf import packets

FORMATS = ("folder", "container", "tarball")
RECORDS_PER_BLOCK = 16


class Sink(Protocol):
    """Takes packets one by one."""

    def write(self, packet: SimulatedPacket) -> None:
        """Write one packet."""


@contextmanager
def open_output(folder: Path, format_: str, night: str, *, nullable_candid: bool) -> Iterator[Sink]:
    """Open one of the forms below `folder`, which must exist.

    Parameters
    ----------
    folder : Path
        Where the packets go.
    format_ : str
        ``folder``: ``packets/<candid>.avro``; ``container``: ``ztf_<night>.avro``;
        ``tarball``: ``ztf_public_<night>.tar.gz``, named as ZTF's archive names them.
    night : str
        YYYYMMDD.
    nullable_candid : bool
        Let ``candid`` be null in the one schema of a container.

    Raises
    ------
    ValueError
        If the format is none of these.
    """
    if format_ == "folder":
        (folder / "packets").mkdir()
        yield _Folder(folder / "packets")
    elif format_ == "container":
        with atomic_path(folder / f"ztf_{night}.avro") as path, path.open("wb") as file:
            sink = _Container(file, nullable_candid)
            yield sink
            sink.flush()
    elif format_ == "tarball":
        with (
            atomic_path(folder / f"ztf_public_{night}.tar.gz") as path,
            igzip.IGzipFile(str(path), "wb", compresslevel=1, mtime=0) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
        ):
            yield _Tarball(tar)
    else:
        raise ValueError(f"format {format_!r}: expected one of {', '.join(FORMATS)}")


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, packet: SimulatedPacket) -> None:
        (self.folder / packet.file_name).write_bytes(packet.file_bytes())


class _Tarball:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar

    def write(self, packet: SimulatedPacket) -> None:
        data = packet.file_bytes()
        member = tarfile.TarInfo(packet.file_name)
        member.size = len(data)
        self.tar.addfile(member, io.BytesIO(data))


class _Container:
    """Blocks of several records; a truncated one is a block of its own.

    A reader that trusts the counts fails there; one that looks for the next marker
    loses that record only.
    """

    def __init__(self, file: io.BufferedWriter, nullable_candid: bool) -> None:
        self.file, self.nullable = file, nullable_candid
        self.waiting: list[bytes] = []
        file.write(packets.container_header(nullable_candid))

    def write(self, packet: SimulatedPacket) -> None:
        record = packets.encode_record(packet.record, self.nullable)
        if packet.defect == "truncated":
            self.flush()
            self.file.write(packets.block([cut(record, packet.cut_generator())]))
            return
        self.waiting.append(record)
        if len(self.waiting) == RECORDS_PER_BLOCK:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.file.write(packets.block(self.waiting))
            self.waiting = []
