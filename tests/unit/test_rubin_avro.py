"""Rubin's AVRO packets: the fake alert of every schema since 7, of its own package."""

import io
import json
import shutil
from pathlib import Path

import fastavro
import pytest
from nights import build_index

from pipeline.alerts.alerts_table import alerts_table
from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.lsst import LAST_MJD
from pipeline.alerts.surveys.registry import get_survey

packets = pytest.importorskip("lsst.alert.packet", reason="the extra dev is not installed")
LSST = get_survey("lsst")
ROOT = Path(packets.get_schema_root())
VERSIONS = sorted(p for p in ROOT.glob("[0-9]*/*") if p.is_dir() and int(p.parent.name) >= 7)


def decoded(path, tmp_path, schemas=None):
    build_index(path, LSST, tmp_path / "index.parquet", tmp_path / "spool.bin", schemas)
    ((records, _),) = Shard.load(tmp_path / "index.parquet", 0, 1).records()
    table, reasons = alerts_table(records, LSST)
    assert reasons == [None]
    return table.to_pylist()[0]


def check(row, packet):
    source = packet["diaSource"]
    assert row["candid"] == packet.get("diaSourceId", source["diaSourceId"])
    for name in ("ra", "dec", "psfFlux", "psfFluxErr", "snr", "band", "isNegative", "reliability"):
        assert row[name] == source.get(name), name


def name_of(folder):
    return f"lsst.v{folder.parent.name}_{folder.name}.alert"


def fake_alert(folder):
    packet = json.loads((folder / "sample_data/alert.json").read_text())
    if folder.parent.name == "7":  # there it is no date
        assert packet["diaSource"]["midpointMjdTai"] > LAST_MJD
        packet["diaSource"]["midpointMjdTai"] = 60000.5
    return packet


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda p: f"{p.parent.name}.{p.name}")
def test_the_fake_alert(folder, tmp_path):
    """In a container, as archives have them."""
    schema = fastavro.schema.load_schema(folder / f"{name_of(folder)}.avsc")
    path = tmp_path / "alert.avro"
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, [fake_alert(folder)])
    with path.open("rb") as stream:
        written = next(iter(fastavro.reader(stream)))
    check(decoded(path, tmp_path), written)


@pytest.mark.parametrize("raw", [True, False], ids=["as published", "written out"])
@pytest.mark.parametrize("folder", VERSIONS, ids=lambda p: f"{p.parent.name}.{p.name}")
def test_the_fake_alert_framed_as_in_the_stream(folder, tmp_path, raw):
    """With the schema's number before it, and the schemas in a folder."""
    name, packet = name_of(folder), fake_alert(folder)
    schema = fastavro.schema.load_schema(folder / f"{name}.avsc")
    number = 100 * int(folder.parent.name) + int(folder.name)
    path = tmp_path / "alert.avro"
    with path.open("wb") as stream:
        stream.write(b"\0" + number.to_bytes(4, "big"))
        fastavro.schemaless_writer(stream, schema, packet)
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    if raw:
        for file in folder.glob("*.avsc"):
            shutil.copy(file, schemas)
        (schemas / f"{name}.avsc").rename(schemas / f"{number}.avsc")
    else:
        header = io.BytesIO()
        fastavro.writer(header, schema, [])
        header.seek(0)
        (schemas / f"{number}.avsc").write_text(fastavro.reader(header).metadata["avro.schema"])
    with path.open("rb") as stream:
        stream.seek(5)
        written = fastavro.schemaless_reader(stream, schema, None)
    check(decoded(path, tmp_path, schemas), written)
