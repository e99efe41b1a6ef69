"""AVRO containers and records: damage is found, and what both readers take is the same."""

import io
import json
import math
from typing import Any

import fastavro
import numpy as np
from beside import alerts_beside
from limits import bounded
from mutate import mutants_of
from packets import PARSED, SCHEMA, container, packet

from pipeline.io.avro import parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.records import decode

PACKETS = [packet(1000 + i, f"ZTF18aaaaa{i:02d}", ra=float(i), magpsf=15.0 + i) for i in range(6)]
CONTAINERS = [
    container(PACKETS),
    container(PACKETS, codec="deflate", sync_interval=1),
    container(PACKETS[:2], codec="snappy"),
    container(PACKETS, sync_interval=1),
    b"\0\0\0\0\x07" + container(PACKETS[:1])[-200:],
]
PROGRAM = compile_schema(parse_schema(json.dumps(SCHEMA).encode()))
COLUMNS = {"jd": "jd", "ra": "ra", "dec": "dec", "fid": "fid", "magpsf": "magpsf"}
INT64 = 1 << 63


def theirs(data: bytes) -> tuple[list[dict], bool]:
    """Return what fastavro reads of a container, and whether that is all."""
    found = []
    try:
        found.extend(fastavro.reader(io.BytesIO(data), handle_unicode_errors="replace"))
    except Exception:  # whatever its C code met
        return found, False
    return found, True


def equal(a: Any, b: Any) -> bool:
    """Return whether two readers say the same; ours has no value (null) for NaN and infinities."""
    if isinstance(b, float) and not math.isfinite(b):
        return a is None or not math.isfinite(a)
    return a == b or (isinstance(a, float) and b is not None and np.float32(a) == np.float32(b))


def identical(a: Any, b: Any) -> bool:
    """Return whether two values of a packet are the same; NaN is."""
    both_nan = isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)
    return a == b or both_nan


def test_fuzz_avro(mutants, tmp_path):
    for mutant in mutants("avro", CONTAINERS):
        alerts = alerts_beside(tmp_path / "case", "mutant.avro", mutant.data, mutant.name)
        records, whole = theirs(mutant.data)
        for candid, row in alerts.items():
            same = [r for r in records if candid_of(r) == candid]
            if not same:  # beyond damage we read on, fastavro does not
                assert not whole, mutant.name
                continue
            assert any(same_row(row, record) for record in same), mutant.name


def candid_of(record: Any) -> Any:
    """Return the candid where the survey's description looks for it."""
    if not isinstance(record, dict):
        return None
    return record["candid"] if "candid" in record else record.get("candidate", {}).get("candid")


def same_row(row: dict, record: dict) -> bool:
    return all(equal(row[c], record["candidate"].get(field)) for c, field in COLUMNS.items())


def seeds_of_records() -> list[bytes]:
    found = []
    for record in PACKETS:
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, PARSED, record)
        found.append(stream.getvalue())
    return found


def test_fuzz_avro_records(request):
    """Single records, without a container that would refuse most of them first."""
    cases = 20 * request.config.getoption("--fuzz-cases")
    seed = request.config.getoption("--fuzz-seed")
    good = 0
    for mutant in mutants_of("avro records", seeds_of_records(), cases, seed):
        # A guard page cannot be had: bytes behind the record would show in its values.
        data = np.frombuffer(mutant.data + b"\xaa" * 64, dtype=np.uint8)
        with bounded(mutant.name):
            records, status = decode(PROGRAM, data, [0], [len(mutant.data)])
        if status[0]:
            assert records.num_rows == 0
            continue
        good += 1
        stream = io.BytesIO(mutant.data)
        expected = fastavro.schemaless_reader(stream, PARSED, None, handle_unicode_errors="replace")
        assert stream.tell() == len(mutant.data), mutant.name
        compare(records, expected, mutant.name)
    assert good > cases // 50


def compare(records: Any, expected: dict, case: str) -> None:
    for path in records.paths:
        value = expected
        for name in path.split("."):
            value = value[name] if isinstance(value, dict) else None
        if isinstance(value, int) and not -INT64 <= value < INT64:
            continue  # no long at all: AVRO's have 64 bits
        found = records.column(path).to_pylist()[0]
        assert identical(found, value), (case, path)
    for name in ("prv_candidates", "fp_hists"):
        items = records.child(name)
        assert items.num_rows == len(expected[name] or []), case
        for path in items.paths:
            for found, item in zip(
                items.column(path).to_pylist(), expected[name] or [], strict=True
            ):
                value = item[path]
                if isinstance(value, int) and not -INT64 <= value < INT64:
                    continue
                assert identical(found, value), (case, path)
