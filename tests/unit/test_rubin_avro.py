"""Rubin's AVRO packets: the fake alert of every schema since 10, of its own package."""

import io
import json
from pathlib import Path

import fastavro
import pytest

from pipeline.alerts.alerts_table import alerts_table
from pipeline.alerts.index import build_index
from pipeline.alerts.shard import Shard
from pipeline.alerts.surveys.registry import get_survey

packets = pytest.importorskip("lsst.alert.packet", reason="the extra dev is not installed")
LSST = get_survey("lsst")
ROOT = Path(packets.get_schema_root())
VERSIONS = sorted(p for p in ROOT.glob("1[0-9]/*") if p.is_dir())


def decoded(path, tmp_path, schemas=None):
    build_index(path, LSST, tmp_path / "index.parquet", tmp_path / "spool.bin", schemas)
    ((records, _),) = Shard.load(tmp_path / "index.parquet", 0, 1).batches()
    table, reasons = alerts_table(records, LSST)
    assert reasons == [None]
    return table.to_pylist()[0]


def check(row, packet):
    source = packet["diaSource"]
    assert row["candid"] == packet["diaSourceId"]
    for name in ("ra", "dec", "psfFlux", "psfFluxErr", "snr", "band", "isNegative", "reliability"):
        assert row[name] == source[name], name


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda p: f"{p.parent.name}.{p.name}")
def test_the_fake_alert(folder, tmp_path):
    """In a container, as archives have them."""
    name = f"lsst.v{folder.parent.name}_{folder.name}.alert"
    schema = fastavro.schema.load_schema(folder / f"{name}.avsc")
    packet = json.loads((folder / "sample_data/alert.json").read_text())
    path = tmp_path / "alert.avro"
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, [packet])
    with path.open("rb") as stream:
        written = next(iter(fastavro.reader(stream)))
    check(decoded(path, tmp_path), written)


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda p: f"{p.parent.name}.{p.name}")
def test_the_fake_alert_framed_as_in_the_stream(folder, tmp_path):
    """With the schema's number before it, and the schemas in a folder."""
    name = f"lsst.v{folder.parent.name}_{folder.name}.alert"
    schema = fastavro.schema.load_schema(folder / f"{name}.avsc")
    packet = json.loads((folder / "sample_data/alert.json").read_text())
    number = 100 * int(folder.parent.name) + int(folder.name)
    path = tmp_path / "alert.avro"
    with path.open("wb") as stream:
        stream.write(b"\0" + number.to_bytes(4, "big"))
        fastavro.schemaless_writer(stream, schema, packet)
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    header = io.BytesIO()
    fastavro.writer(header, schema, [])
    header.seek(0)
    (schemas / f"{number}.avsc").write_text(fastavro.reader(header).metadata["avro.schema"])
    assert decoded(path, tmp_path, schemas)["candid"] == packet["diaSourceId"]
