"""AVRO containers without compression, from records that are encoded already."""

import io
from typing import Any

import fastavro

from pipeline.simulate.encode import varint

SYNC_MARKER = bytes.fromhex("6e696768746d696c6c20616c65727473")  # fixed: same alerts, same bytes


def container_header(schema: dict[str, Any]) -> bytes:
    """Return the header of a container, schema included."""
    buffer = io.BytesIO()
    fastavro.writer(buffer, schema, [], sync_marker=SYNC_MARKER)
    return buffer.getvalue()


def block(records: list[bytes]) -> bytes:
    """Return a block of a container: how many records, how many bytes, data, marker."""
    data = b"".join(records)
    return varint(len(records)) + varint(len(data)) + data + SYNC_MARKER
