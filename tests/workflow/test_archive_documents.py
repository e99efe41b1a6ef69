"""The rule that keeps documents: as many as alerts, in the shape of Kowalski's collection."""

import pytest

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Wanted

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("models", [True, False])
def test_documents_are_kept(workdir, models):
    changes = {} if models else {"models": {}}
    workdir.configure(shards=2, archive={"documents": True}, **changes)
    workdir.snakemake("--cores", "2", "--until", "documents", "decode")
    home = FilesHome(workdir.path)
    assert "ZTF_alerts" in home.catalog_names()
    assert home.estimated_document_count("ZTF_alerts") == 12
    found = home.find_one("ZTF_alerts", Wanted({"candid": 1003}))
    assert found["_id"] == 1003
    assert found["objectId"] == "ZTF18aaaaa03"
    assert found["candidate"]["magpsf"] == 18.0
    assert found["coordinates"]["radec_geojson"]["coordinates"] == [13.0 - 180, -5.0]
    assert set(found["classifications"]) == ({"bright", "bright_version"} if models else set())
    assert "prv_candidates" not in found
    assert workdir.planned("--until", "documents", "decode") == {}
