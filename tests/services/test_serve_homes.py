"""Every query type by penquins over `nightmill serve`: from the tables, and from a MongoDB."""

import pytest
from mongod import DATABASE
from serving import Serving
from test_archive_homes import QUERIES, directory, in_order  # noqa: F401 - a fixture

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.request import answer

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", params=["files", "mongodb"])
def kowalski(request, directory, replica_set, tmp_path_factory):  # noqa: F811 - a fixture
    """Return penquins, logged in at a server of each home."""
    options = []
    if request.param == "mongodb":
        options = ["--mongodb"]
        (directory / "config").mkdir(exist_ok=True)
        (directory / "config/config.yaml").write_text(
            f"archive: {{uri: '{replica_set.uri}', database: {DATABASE}}}\n"
        )
    running = Serving(directory, tmp_path_factory.mktemp("log") / "log")
    running.environment = replica_set.environment("reader")
    running.start(*options)
    with running.client(timeout=60) as client:
        yield client
    running.end()


@pytest.mark.parametrize("name", QUERIES)
def test_it_answers_as_the_tables(kowalski, directory, name):  # noqa: F811
    kind, query, *kwargs = QUERIES[name]
    said = {"query_type": kind, "query": query, "kwargs": kwargs[0] if kwargs else {}}
    found = kowalski.query(said)["default"]
    assert found["status"] == "success", found["message"]
    expected = answer(FilesHome(directory), kind, query, *kwargs)
    if not (kwargs and "sort" in kwargs[0]):
        found["data"], expected = in_order(found["data"]), in_order(expected)
    assert found["data"] == expected


def test_what_would_write_or_run_code_is_refused(kowalski):
    for pipeline in (
        [{"$out": "stolen"}],
        [{"$merge": {"into": "stolen"}}],
        [{"$lookup": {"from": "a", "as": "b", "pipeline": []}}],
        [{"$match": {"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}}],
        [{"$facet": {"a": [{"$out": "stolen"}]}}],
    ):
        query = {"catalog": "ZTF_alerts", "pipeline": pipeline}
        found = kowalski.query({"query_type": "aggregate", "query": query})["default"]
        assert found["status"] == "error" and "stolen" not in kowalski.get_catalogs()
