"""Simulated packets beside real ones."""

from itertools import islice
from pathlib import Path

import fastavro
import numpy as np
import pytest

from pipeline.scores.triplets import make_triplets
from pipeline.simulate.stream import packet_stream, training_stamps
from pipeline.simulate.train import area_under_roc
from pipeline.simulate.ztf import packets

ROOT = Path(__file__).parents[2]
# what depends on the place, and the calibration of the one image that they are all from
PLACE = ("ra", "dec", "ranr", "decnr", "xpos", "ypos", "ssdistnr")
IMAGE = ("magzpsciunc", "clrcoeff", "clrcounc", "zpclrcov")
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def real(shared):
    """Return the schema and the records of a night of real packets."""
    records = []
    for path in sorted((shared / "data/alerts/ztf/20231012").glob("*.avro")):
        with path.open("rb") as file:
            reader = fastavro.reader(file)
            records += list(reader)
            schema = reader.writer_schema
    return schema, records


def shape(schema):
    """Return what a schema says to a machine: names, types, order, defaults."""
    match schema:
        case list():
            return [shape(branch) for branch in schema]
        case {"type": "array", "items": items}:
            return {"array": shape(items)}
        case {"type": "record", "name": name, "fields": fields}:
            return {
                "record": name.split(".")[-1],
                "fields": [(f["name"], shape(f["type"]), f.get("default", "none")) for f in fields],
            }
        case {"type": inner}:
            return shape(inner)
    return schema


def test_the_schema_is_ztfs(real):
    assert shape(fastavro.parse_schema(packets.schema())) == shape(real[0])


def test_the_units_are_ztfs(real):
    def units(schema):
        candidate = next(f for f in schema["fields"] if f["name"] == "candidate")["type"]
        docs = {f["name"]: f.get("doc", "") for f in candidate["fields"]}
        return {n: d[d.index("[") :].split("]")[0] for n, d in docs.items() if "[" in d}

    theirs = units(real[0])
    theirs.pop("rcid")  # a range, "[00 .. 63]"
    assert units(packets.schema()) == theirs


def test_values_are_of_the_same_types_and_orders_of_magnitude(real):
    simulated = [p.record for p in islice(packet_stream(1, "20231012"), 200)]
    for name in real[1][0]["candidate"]:
        theirs = [r["candidate"][name] for r in real[1] if r["candidate"][name] is not None]
        ours = [r["candidate"][name] for r in simulated if r["candidate"][name] is not None]
        assert {type(v) for v in ours} == {type(v) for v in theirs}, name
        if isinstance(theirs[0], float) and name not in PLACE + IMAGE:
            theirs, ours = (np.array(v)[np.array(v) > -900] for v in (theirs, ours))
            if len(theirs) < 3:
                continue
            low, high = np.percentile(theirs, [20, 80])
            margin = max(high - low, 0.5 * abs(high), 1e-6)
            assert low - margin < np.median(ours) < high + margin, name


def test_candids_of_the_same_night_look_alike(real):
    theirs = [r["candid"] for r in real[1]]
    ours = [p.candid for p in islice(packet_stream(1, "20231012", stamps=False), 50)]
    assert {c // 10**15 for c in ours} == {c // 10**15 for c in theirs} == {2475}


def test_a_network_trained_on_real_stamps_believes_the_simulated_ones(shared):
    tf_keras = pytest.importorskip("tf_keras")
    braai = tf_keras.models.load_model(shared / "data/models/braai_d6_m9.h5", compile=False)
    *stamps, labels = training_stamps(300, 5, "20231012")
    triplets, _, _ = make_triplets(*stamps)
    scores = braai.predict(triplets, verbose=0)[:, 0]
    assert area_under_roc(labels, scores) > 0.95
    assert np.median(scores[labels == 1]) > 0.9
    assert np.median(scores[labels == 0]) < 0.1


def test_our_network_trained_on_simulated_stamps_believes_real_alerts(real):
    tf_keras = pytest.importorskip("tf_keras")
    model = tf_keras.models.load_model(ROOT / "demo/models/realbogus.h5", compile=False)
    stamps = [
        [r[f"cutout{kind}"]["stampData"] for r in real[1]]
        for kind in ("Science", "Template", "Difference")
    ]
    triplets, _, _ = make_triplets(*stamps)
    assert np.median(model.predict(triplets, verbose=0)) > 0.5
