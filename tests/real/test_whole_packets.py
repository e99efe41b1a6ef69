"""Real packets of all surveys as documents, against what a broker's documents of them hold."""

import gzip
import json

import fastavro
import pytest
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey

pytestmark = pytest.mark.real

ZTF_DUMPS = (
    "ztf", "ztf_tarballs/ztf_public_20180201.tar.gz",
    "ztf_tarballs/ztf_public_20180819_mod1000.tar.gz",
)  # fmt: skip


def tables(shared, tmp_path, name, survey):
    index = tmp_path / f"{name.replace('/', '_')}.parquet"
    build_index(shared / "data" / "alerts" / name, get_survey(survey), index, tmp_path / "spool")
    for batch in Shard.load(index, 0, 1).batches(get_survey(survey)):
        yield from (documents.table for documents in batch.documents)


def without_null(items):
    return [{k: v for k, v in item.items() if v is not None} for item in items]


def test_ztf_s_packets_are_the_reference_s_documents(shared, tmp_path):
    with gzip.open(shared / "reference" / "filters" / "ztf_packets.jsonl.gz") as lines:
        expected = {d["candid"]: d for d in map(json.loads, lines)}
    seen = set()
    for name in ZTF_DUMPS:
        for table in tables(shared, tmp_path, name, "ztf"):
            for ours in table.to_pylist():
                theirs = expected[ours["candid"]]
                seen.add(ours["candid"])
                assert ours["candidate"] == theirs["candidate"]
                for history in ("prv_candidates", "fp_hists"):
                    assert (history in ours) == (history in theirs)
                    if history in ours:
                        assert without_null(ours[history]) == theirs[history]
                for key in ("_id", "objectId"):
                    assert ours[key] == theirs[key]
                for key in ("schemavsn", "publisher"):  # null there where the packet has none
                    assert ours.get(key) == theirs[key]
                for key in ("l", "b"):  # Kowalski's frame is 0.04" beside ours, in nine decimals
                    assert ours["coordinates"][key] == pytest.approx(
                        theirs["coordinates"][key], abs=2e-5
                    )
    assert seen == expected.keys()


@pytest.mark.parametrize("survey", ["pgir", "wntr"])  # fastavro refuses TURBO's
def test_others_packets_hold_what_fastavro_reads(shared, tmp_path, survey):
    ours = {row["candid"]: row for t in tables(shared, tmp_path, survey, survey)
            for row in t.to_pylist()}  # fmt: skip
    paths = sorted((shared / "data" / "alerts" / survey).rglob("*.avro"))
    assert len(ours) == len(paths) > 0
    for path in paths:
        with path.open("rb") as stream:
            packet = next(iter(fastavro.reader(stream)))
        row = ours[packet["candid"]]
        stamps = {p.partition(".")[0] for p in get_survey(survey).cutouts}
        assert row.keys() == (packet.keys() - stamps) | {"_id", "objectId", "coordinates"}
        assert row["candidate"] == pytest.approx(packet["candidate"], nan_ok=True)
        items = packet["prv_candidates"]
        if items is None:
            assert row["prv_candidates"] is None
        else:
            known = [{k: None if v != v else v for k, v in i.items()} for i in items]  # noqa: PLR0124
            assert row["prv_candidates"] == known


def test_rubin_s(shared, tmp_path):
    found = list(tables(shared, tmp_path, "lsst", "lsst"))
    assert sum(t.num_rows for t in found) == 33
    for table in found:
        for row in table.select(["_id", "candid", "diaSourceId"]).to_pylist():
            assert row["_id"] == row["candid"] == row["diaSourceId"]
