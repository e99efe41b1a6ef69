"""Containers are read block by block, and never beyond damage."""

import io
import json

import fastavro
import pytest

from pipeline.io import avro
from pipeline.io.avro import AvroError, parse_schema, read_blocks

SCHEMA = {
    "type": "record",
    "name": "packet",
    "fields": [{"name": "candid", "type": "long"}, {"name": "name", "type": "string"}],
}


def container(records, codec="null", **kwargs):
    stream = io.BytesIO()
    fastavro.writer(stream, SCHEMA, records, codec=codec, **kwargs)
    return stream.getvalue()


def blocks(content):
    return list(whole_blocks(io.BytesIO(content), len(content)))


def whole_blocks(stream, size):
    """Yield blocks up to the first damage, which is raised."""
    for block in read_blocks(stream, size):
        if isinstance(block, AvroError):
            raise block
        yield block


RECORDS = [{"candid": i, "name": "ä" * i} for i in range(50)]


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_records_of_all_blocks(codec):
    content = container(RECORDS, codec, sync_interval=100)
    found = blocks(content)
    assert len(found) > 3
    read = []
    for block in found:
        stream = io.BytesIO(block.data)
        schema = parse_schema(block.schema)
        read += [fastavro.schemaless_reader(stream, schema, None) for _ in range(block.count)]
        if codec == "null":
            assert content[block.offset : block.offset + len(block.data)] == block.data
        else:
            assert block.offset is None
    assert read == RECORDS


def test_every_truncation_is_an_error_after_the_good_blocks():
    content = container(RECORDS, sync_interval=100)
    whole = blocks(content)
    ends = {len(content)} | {b.offset + len(b.data) + 16 for b in whole}
    header = content.index(content[-16:]) + 16
    for length in range(len(content)):
        cut = io.BytesIO(content[:length])
        reader, good = whole_blocks(cut, length), []
        if length in ends or length == header:  # cut between blocks: nothing shows
            assert sum(b.count for b in reader) < len(RECORDS)
            continue
        with pytest.raises(AvroError, match=r"empty|not an AVRO|truncated"):
            good.extend(reader)
        assert good == whole[: len(good)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"SIMPLE  = T", "not an AVRO container"),
        (b"Obj\x01", "damaged header"),
        (b"Obj\x01" + b"\xff" * 40, "damaged header"),
    ],
)
def test_not_a_container(content, message):
    with pytest.raises(AvroError, match=message):
        blocks(content)


def test_wrong_sync_marker():
    content = bytearray(container(RECORDS))
    content[-1] ^= 1
    with pytest.raises(AvroError, match="sync marker"):
        blocks(bytes(content))


def test_damaged_compressed_block():
    content = bytearray(container(RECORDS, "deflate"))
    start = content.index(content[-16:]) + 16
    content[start + 3] = 0xFF  # behind count and size: a kind of block that deflate has not
    with pytest.raises(AvroError, match="no deflate data"):
        blocks(bytes(content))


def test_unknown_codec():
    content = container(RECORDS).replace(b"\x08null", b"\x08nulx")
    with pytest.raises(AvroError, match="unknown codec 'nulx'"):
        blocks(content)


def test_huge_block_is_refused_without_reading_it():
    content = container([])
    hostile = content + b"\x02" + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
    with pytest.raises(AvroError, match=r"damaged block at byte \d+: impossible "):
        blocks(hostile)


def test_invalid_defaults_do_not_matter():
    schema = {**SCHEMA, "fields": [{"name": "fid", "type": "int", "default": None}]}
    assert parse_schema(json.dumps(schema).encode())["fields"][0]["type"] == "int"


@pytest.mark.parametrize("text", [b"", b"{", b'{"type": "recor"}', b"\xff\xfe"])
def test_not_a_schema(text):
    with pytest.raises(AvroError, match="not an AVRO schema"):
        parse_schema(text)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz", "snappy"])
def test_any_damaged_byte_costs_at_most_two_blocks(codec):
    """A marker that is damaged takes the next block with it: no telling where that begins."""
    content = container(RECORDS, codec, sync_interval=100)
    whole = blocks(content)
    for at in range(content.index(content[-16:]) + 16, len(content), 7):
        damaged = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        found = list(read_blocks(io.BytesIO(damaged), len(damaged)))
        good = [b.data for b in found if not isinstance(b, AvroError)]
        assert len(whole) - 2 <= sum(b.data in good for b in whole)
        if codec == "snappy":  # has a check sum
            assert any(isinstance(b, AvroError) for b in found)


@pytest.mark.parametrize("distance", [0, 4000, 4079, 4080, 4081, 4096, 20000, 3_000_000])
def test_the_next_marker_is_found_anywhere(distance):
    content = container(RECORDS[:5])
    header = content.index(content[-16:]) + 16
    hole = b"\x02\x01" + b"x" * distance + content[-16:]
    damaged = content[:header] + hole + content[header:]
    error, block = read_blocks(io.BytesIO(damaged), len(damaged))
    assert isinstance(error, AvroError)
    assert block.data == blocks(content)[0].data


@pytest.mark.parametrize("count", [b"\x00", b"\x01", b"\xfe\xff\xff\xff\x0f"])
def test_a_count_that_cannot_be(count):
    content = container(RECORDS[:1])
    header = content.index(content[-16:]) + 16
    with pytest.raises(AvroError, match=r"damaged block at byte \d+: impossible "):
        blocks(content[:header] + count + content[header + 1 :])


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "snappy"])
def test_a_block_that_would_fill_the_memory(codec, monkeypatch):
    monkeypatch.setattr(avro, "MAX_BLOCK_BYTES", 100_000)
    with pytest.raises(AvroError, match="more than 100000 bytes"):
        blocks(container([{"candid": 1, "name": "a" * 100_001}], codec))


def test_a_schema_is_utf8():
    with pytest.raises(AvroError, match="not an AVRO schema"):
        parse_schema(json.dumps(SCHEMA).encode("utf-16"))
