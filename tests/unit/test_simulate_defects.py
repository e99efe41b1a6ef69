"""Packets that are damaged on purpose: each as the truth says."""

import gzip
import io
from itertools import islice, pairwise

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.defects import DEFECTS
from pipeline.simulate.stream import packet_stream

NIGHT = "20240115"
DAMAGED = 200


def read(data):
    return next(fastavro.reader(io.BytesIO(data)))


def damaged(number=DAMAGED):
    return list(islice(packet_stream(3, NIGHT, defects=0.5), number))


def test_defects_are_as_recorded():
    packets = damaged()
    assert {p.defect for p in packets} == {None, *DEFECTS}
    assert 0.35 < np.mean([p.defect is not None for p in packets]) < 0.6
    for before, packet in pairwise(packets):
        data = packet.file_bytes()
        if packet.defect == "truncated":
            with pytest.raises((EOFError, IndexError, ValueError)):
                list(fastavro.reader(io.BytesIO(data)))
            continue
        record = read(data)
        if packet.defect == "duplicate":
            assert record == read(before.file_bytes())
            assert packet.file_name != before.file_name
            continue
        assert (record["candid"] is None) == (packet.defect == "no_candid")
        if packet.defect == "null_prv":
            assert record["prv_candidates"] is None
        assert (record["candidate"]["drb"] is None) == (packet.defect == "no_drb")
        stamps = [
            np.frombuffer(gzip.decompress(record[f"cutout{c}"]["stampData"])[2880:], ">f4")
            for c in ("Science", "Template", "Difference")
        ]
        assert any(np.isinf(s).any() for s in stamps) == (packet.defect == "inf_stamp")
        assert any(not s.any() for s in stamps) == (packet.defect == "zero_stamp")
        blank = any(np.isnan(s[: 63 * 63]).all() for s in stamps)
        assert blank == (packet.defect == "nan_stamp")


def test_a_container_with_defects_can_be_read_on_behind_a_truncated_record(tmp_path):
    simulate_alerts(tmp_path / "c", DAMAGED, 3, NIGHT, format_="container", defects=0.5)
    data = (tmp_path / "c" / f"ztf_{NIGHT}.avro").read_bytes()
    marker = data[-16:]
    schema = fastavro.reader(io.BytesIO(data)).writer_schema
    assert schema["fields"][3]["type"] == ["null", "long"]
    parts = data.split(marker)
    header, blocks = parts[0] + marker, parts[1:-1]
    read_records, broken = 0, 0
    for block in blocks:
        try:
            read_records += len(list(fastavro.reader(io.BytesIO(header + block + marker))))
        except (EOFError, IndexError, ValueError):
            broken += 1
    defects = [p.defect for p in damaged()]
    assert broken == defects.count("truncated")
    assert read_records == DAMAGED - broken
    truth = pq.read_table(tmp_path / "c" / "truth.parquet").to_pylist()
    assert [row["defect"] for row in truth] == defects
