"""Tarballs: no member's bytes are another's, and damage is said."""

import gzip
import io
import tarfile
from pathlib import Path

from limits import bounded
from nights import run, write_tar
from packets import container, packet

from pipeline.io.tarball import TarballError, read_members

CONTENTS = {f"{i}.avro": container([packet(i)]) for i in range(1000, 1004)}
CONTENTS |= {"long/" + "x" * 150 + ".avro": b"no packet", "readme.txt": b"text"}


def seeds(folder: Path) -> list[bytes]:
    """Return tarballs in all formats, plain; how they are packed follows."""
    found = []
    for i, format_ in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        path = folder / f"{i}.tar"
        with tarfile.open(path, "w", format=format_) as archive:
            for name, content in CONTENTS.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            link = tarfile.TarInfo("link.avro")
            link.type, link.linkname = tarfile.SYMTYPE, "1000.avro"
            archive.addfile(link)
        found.append(path.read_bytes())
    found.append(
        write_tar(folder / "small.tar", {"7.avro": container([packet(7)])}, "w").read_bytes()
    )
    return found


def ours(path: Path) -> dict[tuple[str, int], bytes]:
    found = {}
    try:
        for member, content in read_members(path, ".avro"):
            if isinstance(content, bytes):
                found[member.name, member.offset_data] = content
            else:
                assert content
    except TarballError as error:
        assert "tarball" in str(error)
    return found


def theirs(path: Path) -> dict[tuple[str, int], bytes]:
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isreg() and not member.issparse() and member.size < 1 << 20:
                    content = archive.extractfile(member).read()
                    found[member.name, member.offset_data] = content
    except Exception:  # whatever tarfile's code met
        pass
    return found


def test_fuzz_tarballs(mutants, tmp_path):
    plain = seeds(tmp_path)
    packed = [gzip.compress(seed, mtime=0) for seed in plain]
    for number, mutant in enumerate(mutants("tarballs", plain + packed)):
        suffix = ".tar.gz" if mutant.data[:2] == b"\x1f\x8b" else ".tar"
        path = tmp_path / f"night{suffix}"
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            found = ours(path)
        expected = theirs(path)
        for key, content in found.items():
            if key in expected:
                assert content == expected[key], (mutant.name, key)
        if number % 5 == 0:
            check_night(tmp_path / f"out{number}", path, mutant.name)


def check_night(folder: Path, path: Path, case: str) -> None:
    """Run the dump as a night: its counts add up, or there was nothing in it."""
    folder.mkdir()
    with bounded(case):
        try:
            tables, _ = run(folder, path)
        except ValueError as error:
            assert "no .avro in it" in str(error), case
            return
    assert all(tables["rejected"]["reason"].to_pylist()), case
