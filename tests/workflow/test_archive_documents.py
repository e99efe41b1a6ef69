"""The rule that keeps documents: as many as alerts, in the shape of Kowalski's collection."""

import pytest
from workdir import Workdir, make_workdir

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Wanted

pytestmark = pytest.mark.workflow


UNTIL = ("--until", "documents", "decode")


@pytest.fixture(scope="module")
def decoded(tmp_path_factory) -> Workdir:
    """Return a directory whose packets are decoded: without documents, nor what these need."""
    directory = make_workdir(tmp_path_factory.mktemp("documents"))
    directory.configure(shards=2)
    directory.snakemake("--cores", "2", "--until", "decode")
    return directory


@pytest.mark.parametrize("models", [False, True])
def test_documents_are_kept(decoded, models):
    changes = {} if models else {"models": {}}
    decoded.configure(shards=2, archive={"documents": True}, **changes)
    planned = decoded.planned(*UNTIL)
    scored = {"convert_model": 1, "score": 2} if models else {}
    assert planned == {"documents": 2, **scored}
    decoded.snakemake("--cores", "2", *UNTIL)
    home = FilesHome(decoded.path)
    assert "ZTF_alerts" in home.catalog_names()
    assert home.estimated_document_count("ZTF_alerts") == 12
    found = home.find_one("ZTF_alerts", Wanted({"candid": 1003}))
    assert found["_id"] == 1003
    assert found["objectId"] == "ZTF18aaaaa03"
    assert found["candidate"]["magpsf"] == 18.0
    assert found["coordinates"]["radec_geojson"]["coordinates"] == [13.0 - 180, -5.0]
    assert set(found["classifications"]) == ({"bright", "bright_version"} if models else set())
    assert "prv_candidates" not in found
    assert decoded.planned(*UNTIL) == {}
