"""A dump in parts: each thing is in one part, whatever the number of parts."""

import io
import itertools
import tarfile
from pathlib import Path

import fastavro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts import parts as dump_parts
from pipeline.alerts.parts import Part, spans
from pipeline.io import avro
from pipeline.io.avro import AvroError, read_blocks
from pipeline.io.tar_walk import cut_tarball
from pipeline.io.tarball import TarballError, read_members

SCHEMA = fastavro.parse_schema(
    {"type": "record", "name": "thing", "fields": [{"name": "data", "type": "bytes"}]}
)
SIZES = st.lists(st.integers(0, 1000), max_size=12)


@given(sizes=SIZES, parts=st.integers(1, 20), segment=st.integers(1, 300))
def test_each_segment_is_in_one_part(sizes, parts, segment):
    files = [(Path(str(i)), size) for i, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dump_parts, "SEGMENT_BYTES", segment)
        found = all_segments(files, parts)
    assert found == [(path, k) for path, n in files for k in range(-(-max(n, 1) // segment))]


def all_segments(files, parts):
    return [
        (path, number)
        for i in range(parts)
        for path, numbers in spans(files, Part(i, parts))
        for number in numbers
    ]


@pytest.mark.parametrize(("number", "of"), [(-1, 2), (2, 2), (0, 0)])
def test_a_part_that_there_is_not(number, of):
    with pytest.raises(ValueError, match="no such part"):
        Part(number, of)


def written(records, codec="null", interval=200):
    stream = io.BytesIO()
    fastavro.writer(
        stream, SCHEMA, [{"data": r} for r in records], codec, interval, sync_marker=MARKER
    )
    return stream.getvalue()


MARKER = bytes(range(16))


def found(content, *spans):
    blocks = []
    for span in spans:
        blocks += read_blocks(io.BytesIO(content), len(content), span)
    return [str(b) if isinstance(b, AvroError) else (b.offset, b.count, b.data) for b in blocks]


@given(
    lengths=st.lists(st.integers(0, 400), max_size=30),
    segment=st.integers(1, 3000),
    damage=st.lists(
        st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=40)), max_size=2
    ),
    cut=st.integers(0, 60),
    codec=st.sampled_from(["null", "deflate"]),
    marked=st.booleans(),
    look_back=st.sampled_from([900, avro._LOOK_BACK_BYTES]),
)
def test_the_blocks_of_all_spans_are_those_of_the_whole(
    lengths, segment, damage, cut, codec, marked, look_back
):
    """Also where the file's sync marker stands in its records."""
    rng = np.random.default_rng(7)
    behind = MARKER if marked else b""
    content = bytearray(written([rng.bytes(n) + behind for n in lengths], codec))
    head = content.index(MARKER) + len(MARKER)
    for at, bytes_ in damage:
        start = head + at % (len(content) - head + 1)
        content[start : start + len(bytes_)] = bytes_
    content = bytes(content[: max(head, len(content) - cut)])
    edges = [*range(0, len(content), segment), len(content)]
    each = list(itertools.pairwise(edges))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(avro, "_LOOK_BACK_BYTES", look_back)  # longer than any of these blocks
        together = found(content, *each)
    if not damage and not cut:
        records = [r["data"] for r in fastavro.reader(io.BytesIO(content))]
        assert sum(b[1] for b in together) == len(records)
    if not (damage and marked):  # behind damage any marker is as good as another
        assert together == found(content, None)


def tarball(path, members, format_=tarfile.GNU_FORMAT):
    with tarfile.open(path, "w", format=format_) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def begins(path):
    """Return where tarfile finds the members."""
    with tarfile.open(path) as archive:
        return [member.offset for member in archive]


@given(
    members=st.lists(
        st.tuples(st.integers(1, 180), st.binary(max_size=1500)), min_size=1, max_size=20
    ),
    parts=st.integers(1, 12),
)
def test_a_tarball_is_cut_at_members(tmp_path_factory, members, parts):
    path = tmp_path_factory.mktemp("tar") / "a.tar"
    tarball(path, [(f"{i}".rjust(n, "n"), data) for i, (n, data) in enumerate(members)])
    cuts, size = cut_tarball(path, parts), path.stat().st_size
    assert len(cuts) == parts + 1
    assert (cuts[0], cuts[-1]) == (0, size)
    assert cuts == sorted(cuts)
    assert set(cuts) <= {*begins(path), size}
    largest = max(len(data) for _, data in members) + 4 * 512 + tarfile.RECORDSIZE
    assert max(np.diff(cuts)) <= size / parts + largest


def test_a_tarball_is_not_cut_behind_what_is_no_plain_member(tmp_path):
    members = [(f"{i}.avro", b"x" * 5000) for i in range(40)]
    path = tarball(tmp_path / "a.tar", members)
    content = bytearray(path.read_bytes())
    twelfth = begins(path)[12]
    content[twelfth] ^= 1  # its name, so that the checksum is wrong
    path.write_bytes(content)
    cuts = set(cut_tarball(path, 8))
    assert len(cuts) == 4
    assert {cut for cut in cuts if cut > twelfth} == {path.stat().st_size}


@pytest.mark.parametrize("content", [b"", b"\0" * 1024, b"no tarball" * 100, b"\xff" * 3000])
def test_what_is_no_tarball_is_one_part(tmp_path, content):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    assert cut_tarball(path, 3) == [0, len(content), len(content), len(content)]


def test_pax_records_that_change_how_much_is_read_are_not_passed(tmp_path):
    """Those of a long name are, as Python and GNU tar write them."""
    members = [(f"{i}" + "ä" * 120, b"x" * 3000) for i in range(9)]
    path = tarball(tmp_path / "a.tar", members, tarfile.PAX_FORMAT)
    assert len(set(cut_tarball(path, 3))) == 4
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for i in range(9):
            info = tarfile.TarInfo(f"{i}")
            info.size, info.pax_headers = 3000, {"size": "3000"}
            archive.addfile(info, io.BytesIO(b"x" * 3000))
    assert set(cut_tarball(path, 4)) == {0, path.stat().st_size}


def test_folders_and_links_are_passed(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for i in range(9):
            for type_ in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE):
                info = tarfile.TarInfo(f"{i}")
                info.type, info.linkname = type_, "x"
                archive.addfile(info)
            info = tarfile.TarInfo(f"{i}.avro")
            info.size = 3000
            archive.addfile(info, io.BytesIO(b"x" * 3000))
    assert len(set(cut_tarball(path, 4))) == 5


@pytest.mark.parametrize("field", [slice(100, 108), slice(108, 116), slice(136, 148)])
def test_a_header_that_is_refused_later_ends_the_cutting(tmp_path, field):
    path = tarball(tmp_path / "a.tar", [(f"{i}.avro", b"x" * 900) for i in range(60)])
    begin = begins(path)[20]
    content = bytearray(path.read_bytes())
    header = bytearray(content[begin : begin + 512])
    header[field] = b"z" * (field.stop - field.start - 1) + b"\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content[begin : begin + 512] = header
    path.write_bytes(content)
    expected = read(path, None)
    for parts in (2, 3, 8):
        cuts = cut_tarball(path, parts)
        each = [read(path, span) for span in itertools.pairwise(cuts) if span[0] < span[1]]
        assert list(itertools.chain(*each)) == expected


@given(
    members=st.lists(st.tuples(st.integers(1, 180), st.binary(max_size=1500)), max_size=12),
    parts=st.integers(1, 6),
    damage=st.none() | st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=4)),
    cut=st.integers(0, 30) | st.integers(0, 12000),
)
def test_the_members_of_all_parts_are_those_of_the_whole(
    tmp_path_factory, members, parts, damage, cut
):
    path = tmp_path_factory.mktemp("tar") / "a.tar"
    tarball(path, [(f"{i}.avro".rjust(n, "n"), data) for i, (n, data) in enumerate(members)])
    content = bytearray(path.read_bytes())
    if damage:
        at = damage[0] % len(content)
        content[at : at + len(damage[1])] = damage[1]
    path.write_bytes(content[: len(content) - cut])
    cuts = cut_tarball(path, parts)
    each = [read(path, span) for span in itertools.pairwise(cuts) if span[0] < span[1]]
    assert list(itertools.chain(*each)) == read(path, None)


def read(path, span):
    """Return names, contents and places of the members, and the error that ends them."""
    found = []
    try:
        for member, content in read_members(path, ".avro", span=span):
            found.append((member.name, content, (span or (0,))[0] + member.offset_data))
    except TarballError as error:
        found.append(str(error))
    return found
