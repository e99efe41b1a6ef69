"""Matchfiles of ZTF as tables and documents, against h5py's own records."""

import bson
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.archive.matchfiles.read import read_matchfile, source_base
from pipeline.archive.matchfiles.write import exposure_documents, source_documents, write_tables
from pipeline.documents.bson_documents import documents, split

h5py = pytest.importorskip("h5py", exc_type=ImportError)

ATTRIBUTES = {"fieldID": 245, "filterID": 2, "ccdID": 10, "quadrantID": 1, "rcID": 36}
SOURCE = [
    ("matchid", "<i4"), ("ra", "<f8"), ("dec", "<f8"), ("stetsonj", "<f4"), ("nobs", "<u2"),
    ("percentiles", "<f4", (3,)), ("x", "<f8"), ("y", "<f8"), ("z", "<f8"),
]  # fmt: skip
MEASURED = [("matchid", "<u4"), ("hjd", "<f8"), ("mag", "<f4"), ("expid", "<u4")]
EXPOSURE = [("expid", "<u4"), ("fracday", "<u8"), ("programpi", "S40")]


def write_matchfile(path, sources, data, exposures=(), **attributes):
    with h5py.File(path, "w") as file:
        group = file.create_group("matches")
        group.attrs.update({**ATTRIBUTES, **attributes})
        for name, rows, dtype in (
            ("sources", sources, SOURCE),
            ("sourcedata", data, MEASURED),
            ("exposures", exposures, EXPOSURE),
        ):
            group[name] = np.array(list(rows), dtype)
    return path


@pytest.fixture
def small(tmp_path):
    return write_matchfile(
        tmp_path / "ztf_000245_zr_c10_q1_match.pytable",
        [
            (7, 10.0, -5.0, np.nan, 2, (1, 2, 3), 1, 0, 0),
            (3, 360.0, 89.5, 0.5, 0, (4, 5, 6), 1, 0, 0),
        ],
        [(7, 2458002.5, 18.5, 4_000_000_000), (7, 2458001.5, np.nan, 11)],
        [(11, 20180721480868, b"Kulkarni")],
    )  # fmt: skip


def test_tables(small, tmp_path):
    outputs = tuple(tmp_path / f"{name}.parquet" for name in "abc")
    assert write_tables(small, outputs) == {"sources": 2, "measurements": 2, "exposures": 1}
    sources, light_curves, exposures = (pq.read_table(path).to_pylist() for path in outputs)
    assert [row["source_id"] for row in sources] == [10245362000007, 10245362000003]
    assert sources[0]["stetsonj"] is None and sources[1]["percentiles"] == [4.0, 5.0, 6.0]
    assert sources[0]["filter"] == 2 and sources[0]["rc"] == 36
    assert [(row["hjd"], row["mag"]) for row in light_curves] == [
        (2458001.5, None), (2458002.5, 18.5),
    ]  # fmt: skip
    assert light_curves[1]["expid"] == 4_000_000_000
    assert exposures[0]["programpi"] == "Kulkarni" and exposures[0]["fracday"] == 20180721480868


def test_documents(small):
    read = read_matchfile(small)
    first, second = map(bson.decode, split(*documents(source_documents(read))))
    assert (first["_id"], second["_id"]) == (10245362000003, 10245362000007)
    assert first["data"] == [] and first["coordinates"]["radec_geojson"] == {
        "type": "Point", "coordinates": [-180.0, 89.5],
    }  # fmt: skip
    assert second["data"] == [
        {"hjd": 2458001.5, "expid": 11}, {"hjd": 2458002.5, "mag": 18.5, "expid": 4_000_000_000},
    ]  # fmt: skip
    assert second["coordinates"]["radec_str"] == ["00:40:00.0000", "-05:00:00.000"]
    assert not {"x", "y", "z", "source_id"} & second.keys()
    (exposure,) = map(bson.decode, split(*documents(exposure_documents(read, small.stem))))
    assert exposure["_id"] == "ztf_000245_zr_c10_q1_match_11"
    assert exposure["matchfile"] == small.stem and exposure["field"] == 245


def test_a_source_that_is_measured_and_not_listed_stops(tmp_path):
    path = write_matchfile(tmp_path / "a.pytable", [], [(7, 2458002.5, 18.5, 11)])
    with pytest.raises(ValueError, match=r"a\.pytable: .*7.* is no source"):
        read_matchfile(path)


def test_empty(tmp_path):
    read = read_matchfile(write_matchfile(tmp_path / "a.pytable", [], []))
    assert split(*documents(source_documents(read))) == []
    assert split(*documents(exposure_documents(read, "a"))) == []


def test_what_is_none(tmp_path):
    path = tmp_path / "a.pytable"
    with pytest.raises(ValueError, match=r"a\.pytable: is no matchfile"):
        read_matchfile(path)
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match=r"a\.pytable: is no matchfile"):
        read_matchfile(path)
    with h5py.File(path, "w") as file:
        file.create_group("other")
    with pytest.raises(ValueError, match=r"is no matchfile of ZTF.*matches"):
        read_matchfile(path)
    write_matchfile(path, [(10**6, 1.0, 1.0, 0, 0, (0, 0, 0), 0, 0, 0)], [])
    with pytest.raises(ValueError, match="matchid 1000000: expected 0 to 999999"):
        read_matchfile(path)


@pytest.mark.real
@pytest.mark.parametrize("name", ["ztf_000245_zr_c10_q1_match", "ztf_000269_zr_c10_q1_match"])
def test_real_ones(shared, name):
    path = shared / f"data/ztf_matchfiles/{name}.pytable"
    read = read_matchfile(path)
    made = [bson.decode(d) for d in split(*documents(source_documents(read)))]
    with h5py.File(path) as file:
        group = file["matches"]
        sources, data = group["sources"][:], group["sourcedata"][:]
        base = source_base(*(int(group.attrs[k]) for k in ("fieldID", "rcID", "filterID")))
    assert [d["_id"] for d in made] == [base + int(m) for m in sources["matchid"]]
    for document, source in zip(made, sources, strict=True):
        own = np.sort(data[data["matchid"] == source["matchid"]], order="hjd")
        assert [i["hjd"] for i in document["data"]] == own["hjd"].tolist()
        assert [i["mag"] for i in document["data"]] == own["mag"].astype(float).tolist()
        assert document["ra"] == source["ra"] and document["nobs"] == source["nobs"]
        assert document["percentiles"] == source["percentiles"].astype(float).tolist()
