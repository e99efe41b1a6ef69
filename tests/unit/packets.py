"""Small packets of ZTF's form, made by fastavro, for tests of what reads them."""

import io

import fastavro
import numpy as np

MEASUREMENT = [
    ("jd", "double"), ("fid", "int"), ("programid", "int"), ("diffmaglim", ["null", "float"]),
    ("candid", ["null", "long"]), ("isdiffpos", ["null", "string"]), ("ra", ["null", "double"]),
    ("dec", ["null", "double"]), ("magpsf", ["null", "float"]), ("sigmapsf", ["null", "float"]),
    ("magzpsci", ["null", "float"]),
]  # fmt: skip
FORCED = [
    ("jd", "double"), ("fid", "int"), ("forcediffimflux", ["null", "float"]),
    ("forcediffimfluxunc", ["null", "float"]), ("magzpsci", ["null", "float"]),
    ("procstatus", ["null", "string"]),
]  # fmt: skip


def record_type(name, fields):
    return {
        "type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in fields]
    }  # fmt: skip


CUTOUT = record_type("cutout", [("fileName", "string"), ("stampData", "bytes")])
SCHEMA = record_type(
    "alert",
    [
        ("objectId", "string"),
        ("candid", ["null", "long"]),
        ("candidate", record_type("candidate", MEASUREMENT)),
        ("prv_candidates", ["null", {"type": "array", "items": record_type("prv", MEASUREMENT)}]),
        ("fp_hists", ["null", {"type": "array", "items": record_type("fp", FORCED)}]),
        ("cutoutScience", ["null", CUTOUT]),
        ("cutoutTemplate", ["null", "cutout"]),
        ("cutoutDifference", ["null", "cutout"]),
    ],
)
PARSED = fastavro.parse_schema(SCHEMA)


def packet(candid, object_id="ZTF18aaaaaaa", history=2, **candidate):
    jd = 2458150.5
    base = {
        "jd": jd, "fid": 1, "programid": 1, "diffmaglim": 20.5, "candid": candid,
        "isdiffpos": "t", "ra": 10.0, "dec": -5.0, "magpsf": 18.0, "sigmapsf": 0.1,
        "magzpsci": 26.0,
    }  # fmt: skip
    earlier = [{**base, "jd": jd - 1 - i, "candid": None} for i in range(history)]
    return {
        "objectId": object_id, "candid": candid, "candidate": {**base, **candidate},
        "prv_candidates": earlier, "fp_hists": None,
        "cutoutScience": None, "cutoutTemplate": None, "cutoutDifference": None,
    }  # fmt: skip


def container(records, **kwargs):
    stream = io.BytesIO()
    fastavro.writer(stream, PARSED, records, **kwargs)
    return stream.getvalue()


def decoded(records):
    """Return records as columns."""
    from pipeline.io.avro import parse_schema
    from pipeline.io.avro_program import compile_schema
    from pipeline.io.records import decode

    stream, stops = io.BytesIO(), []
    for record in records:
        fastavro.schemaless_writer(stream, PARSED, record)
        stops.append(stream.tell())
    import json

    schema = parse_schema(json.dumps(SCHEMA).encode())
    data = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    found, status = decode(compile_schema(schema), data, [0, *stops[:-1]], stops)
    assert not status.any()
    return found
