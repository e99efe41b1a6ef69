"""Documents that are kept: of several schemas of packets, of shards that are no more."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts

from pipeline.archive.places import DOCUMENTS
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options, Wanted
from pipeline.archive.query.positions import read_positions

EVERY = Wanted({}, {"_id": 1})


def write_documents(directory, shard, *tables):
    folder = directory / DOCUMENTS.format(survey="ztf", night="20180201", shard=shard)
    folder.mkdir(parents=True)
    for number, rows in enumerate(tables):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{number}.parquet")


@pytest.fixture
def home(tmp_path):
    """Return a night whose documents are of two schemas."""
    write_alerts(tmp_path, [10, 10], [0, 0])
    old = [{"_id": 1000, "candidate": {"drb": None, "fid": 1}}]
    new = [{"_id": 1001, "candidate": {"fid": 2}}]
    write_documents(tmp_path, "0000", old, new)
    return FilesHome(tmp_path)


def ids(documents):
    return sorted(document["_id"] for document in documents)


def test_several_schemas(home):
    assert home.catalog_names() == ["alerts", "ZTF_alerts"]
    assert ids(home.find("ZTF_alerts", EVERY)) == [1000, 1001]
    assert home.count_documents("ZTF_alerts", {"candidate.fid": {"$gt": 0}}) == 2
    assert home.count_documents("ZTF_alerts", {"candidate.drb": {"$exists": True}}) == 1
    assert home.estimated_document_count("ZTF_alerts") == 2
    assert len(home.find("ZTF_alerts", EVERY, Options(limit=1))) == 1
    assert ids(home.find("ZTF_alerts", EVERY, Options(skip=1))) in ([1000], [1001])
    plain = [{"$match": {"candidate.fid": 2}}, {"$project": {"_id": 1}}]
    assert home.aggregate("ZTF_alerts", plain) == [{"_id": 1001}]
    here = read_positions({"a": [10, 0]})
    assert ids(home.cone_search(here, 1, {"ZTF_alerts": EVERY})["ZTF_alerts"]["a"]) == [1000, 1001]


def test_what_cannot_be_done_over_several_schemas_is_refused(home):
    with pytest.raises(ValueError, match="2 schemas of packets cannot be sorted together"):
        home.find("ZTF_alerts", EVERY, Options(sort=(("_id", 1),)))
    with pytest.raises(ValueError, match="documents of 2 schemas of packets"):
        home.aggregate("ZTF_alerts", [{"$group": {"_id": None, "n": {"$sum": 1}}}])


def test_documents_of_a_shard_that_is_no_more_are_not_read(home):
    write_documents(home.directory, "0007", [{"_id": 7, "candidate": {"fid": 1}}])
    assert 7 not in ids(home.find("ZTF_alerts", EVERY))


@pytest.mark.parametrize(
    "name", ["", "*", "../alerts", "alerts/ztf", "ztf_alerts", "cones", "ZTF*"]
)
def test_no_catalogues(home, name):
    with pytest.raises(ValueError, match="there is no catalogue"):
        home.find(name, EVERY)
