"""Packets in AVRO: the schema of ZTF, records and files of one packet."""

import json
from functools import cache
from importlib import resources
from typing import Any

from pipeline.simulate import container
from pipeline.simulate.encode import Encoder, compile_encoder

SCHEMA_VERSION = "4.02"


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
    return container.container_header(schema(nullable_candid))


def encode_record(record: dict[str, Any], nullable_candid: bool = False) -> bytes:
    """Return a record in AVRO's binary encoding, without header."""
    return _encoder(nullable_candid)(record)


def packet(record: bytes, nullable_candid: bool = False) -> bytes:
    """Return a file of one packet."""
    return container_header(nullable_candid) + container.block([record])
