"""Packets in AVRO: the schema of ZTF, single packets and blocks of a container."""

import io
import json
from functools import cache
from importlib import resources
from typing import Any

import fastavro

from pipeline.simulate.ztf.encode import Encoder, compile_encoder, varint

SCHEMA_VERSION = "4.02"
SYNC_MARKER = bytes.fromhex("6e696768746d696c6c20616c65727473")  # fixed: same alerts, same bytes


@cache
def schema(nullable_candid: bool = False) -> dict[str, Any]:
    """Return the schema, as it is embedded in packets.

    Parameters
    ----------
    nullable_candid : bool
        A variant that lets ``candid`` be null, for packets without one.
    """
    text = resources.files("pipeline.simulate.ztf").joinpath("schema.json").read_text()
    schema = json.loads(text)
    if nullable_candid:
        fields = {field["name"]: field for field in schema["fields"]}
        for field in (fields["candid"], *fields["candidate"]["type"]["fields"]):
            if field["name"] == "candid":
                field["type"] = ["null", "long"]
    return schema


@cache
def _encoder(nullable_candid: bool) -> Encoder:
    return compile_encoder(schema(nullable_candid))


@cache
def container_header(nullable_candid: bool = False) -> bytes:
    """Return the header of an AVRO container without compression, schema included."""
    buffer = io.BytesIO()
    fastavro.writer(buffer, schema(nullable_candid), [], sync_marker=SYNC_MARKER)
    return buffer.getvalue()


def encode_record(record: dict[str, Any], nullable_candid: bool = False) -> bytes:
    """Return a record in AVRO's binary encoding, without header."""
    return _encoder(nullable_candid)(record)


def block(records: list[bytes]) -> bytes:
    """Return a block of a container: how many records, how many bytes, data, marker."""
    data = b"".join(records)
    return varint(len(records)) + varint(len(data)) + data + SYNC_MARKER


def packet(record: bytes, nullable_candid: bool = False) -> bytes:
    """Return a file of one packet."""
    return container_header(nullable_candid) + block([record])
