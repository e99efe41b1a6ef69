"""Documents of the tables: find, count, aggregate, near, in a MongoDB's words."""

import json

import pytest
from alert_tables import write_alerts

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options, Wanted
from pipeline.archive.query.request import answer
from pipeline.cli.main import main

EVERY = Wanted({})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    directory = tmp_path_factory.mktemp("find")
    magpsf = [15.0, 16.0, None, 18.0, 19.0, 20.0]
    ra = [10 + i / 3600 for i in range(6)]
    write_alerts(directory, ra, [0] * 6, shards=2, magpsf=magpsf, fid=[1, 2, 1, 2, 1, 2])
    write_alerts(directory, [10.0], [0.0], "20180202", magpsf=[15.5], fid=[1], start=2000)
    return FilesHome(directory)


def candids(documents):
    return [document["candid"] for document in documents]


def test_find(home):
    wanted = Wanted({"magpsf": {"$gt": 15.2}, "fid": 1}, {"candid": 1, "magpsf": 1, "_id": 0})
    found = home.find("alerts", wanted, Options(sort=(("magpsf", -1),)))
    assert found == [{"candid": 1004, "magpsf": 19.0}, {"candid": 2000, "magpsf": 15.5}]
    assert home.find("alerts", wanted, Options(sort=(("magpsf", -1),), skip=1)) == found[1:]
    assert home.find("alerts", wanted, Options(sort=(("magpsf", 1),), limit=1)) == found[1:]
    (whole,) = home.find("alerts", Wanted({"candid": 2000}))
    assert whole["night"] == "20180202"
    assert whole["survey"] == "ztf"
    assert whole["_id"] == whole["candid"] == 2000
    assert whole["drb"] is None
    assert len(home.find("alerts", EVERY, Options(limit=3))) == 3


def test_null_sorts_first(home):
    found = home.find("alerts", EVERY, Options(sort=(("magpsf", 1), ("candid", -1))))
    assert candids(found) == [1002, 1000, 2000, 1001, 1003, 1004, 1005]


def test_find_one(home):
    assert home.find_one("alerts", Wanted({"candid": 1003}))["magpsf"] == 18.0
    assert home.find_one("alerts", Wanted({"candid": 1})) is None


def test_counts(home):
    assert home.count_documents("alerts", {}) == home.estimated_document_count("alerts") == 7
    assert home.count_documents("alerts", {"magpsf": None}) == 1
    assert home.count_documents("alerts", {"fid": 1, "magpsf": {"$lt": 16}}) == 2


def test_aggregate(home):
    by_fid = [
        {"$match": {"magpsf": {"$ne": None}}},
        {"$group": {"_id": "$fid", "n": {"$sum": 1}, "faintest": {"$max": "$magpsf"}}},
        {"$sort": {"_id": 1}},
    ]
    assert home.aggregate("alerts", by_fid) == [
        {"_id": 1, "n": 3, "faintest": 19.0},
        {"_id": 2, "n": 3, "faintest": 20.0},
    ]
    assert home.aggregate("alerts", [{"$match": {"fid": 2}}, {"$count": "n"}]) == [{"n": 3}]
    assert home.aggregate("alerts", [{"$match": {"fid": 9}}, {"$count": "n"}]) == []
    assert home.aggregate("alerts", [{"$sortByCount": "$fid"}]) == [
        {"_id": 1, "count": 4}, {"_id": 2, "count": 3}
    ]  # fmt: skip
    brightest = [{"$sort": {"magpsf": -1}}, {"$limit": 2}, {"$project": {"_id": 1}}]
    assert home.aggregate("alerts", brightest) == [{"_id": 1005}, {"_id": 1004}]
    assert len(home.aggregate("alerts", [{"$project": {"_id": 1}}, {"$limit": 2}])) == 2


def test_near_with_filter_projection_and_sort(home):
    query = {
        "object_coordinates": {
            "radec": {"a.1": [10.0, 0.0], "far": [50, 50]},
            "cone_search_radius": 2.5, "cone_search_unit": "arcsec",
        },
        "catalogs": {"alerts": {"filter": {"magpsf": {"$ne": None}}, "projection": {"_id": 1}}},
    }  # fmt: skip
    found = answer(home, "cone_search", query)
    assert found == {"alerts": {"a_1": [{"_id": 1000}, {"_id": 2000}, {"_id": 1001}], "far": []}}
    found = answer(home, "cone_search", query, {"sort": [["magpsf", -1]], "limit": 2})
    assert found["alerts"]["a_1"] == [{"_id": 1001}, {"_id": 2000}]
    near = {"radec": [10.0, 0.0], "min_distance": 1.5 / 60, "max_distance": 3.5 / 60}
    near |= {"distance_units": "arcmin", "catalogs": {"alerts": {}}}
    (documents,) = answer(home, "near", near)["alerts"].values()
    assert candids(documents) == [1002, 1003]
    assert [round(d["distance_arcsec"], 6) for d in documents] == [2.0, 3.0]


def test_documents_are_the_same_without_a_filter(home):
    query = {"radec": [10.0, 0.0], "max_distance": 3.5, "catalogs": {"alerts": {}}}
    plain = answer(home, "near", query, {"skip": 1, "limit": 3})
    every = {"filter": {"candid": {"$exists": True}}}
    filtered = answer(
        home, "near", {**query, "catalogs": {"alerts": every}}, {"skip": 1, "limit": 3}
    )
    assert plain == filtered
    (documents,) = plain["alerts"].values()
    assert len(documents) == 3
    assert next(iter(documents[0])) == "_id"


@pytest.mark.parametrize(
    ("query_type", "query", "said"),
    [
        ("nothing", {}, "query_type: expected one of find, find_one"),
        ("find", {"catalog": "stars"}, "there is no catalogue 'stars'; there are alerts"),
        ("find", {"catalog": {"$ne": 1}}, "catalog: expected a name"),
        ("find", {"catalog": "alerts", "filter": {"$where": "sleep(9)"}}, "it runs code"),
        ("find", {"catalog": "alerts", "filter": {"a": {"$function": {}}}}, "it runs code"),
        ("find", {"catalog": "alerts", "filter": "__import__('os')"}, "filter: cannot be read"),
        ("find", {"catalog": "alerts", "filter": "[1]"}, "filter: expected an object"),
        ("aggregate", {"catalog": "alerts", "pipeline": [{"$out": "a"}]}, "writes to a collection"),
        ("aggregate", {"catalog": "alerts", "pipeline": [{"$lookup": {}}]}, "another collection"),
        ("aggregate", {"catalog": "alerts", "pipeline": "1"}, "pipeline: expected a list"),
        ("info", {"command": "drop"}, "command: expected one of catalog_names"),
        ("cone_search", {"catalogs": {"alerts": {}}}, "radec: expected a position"),
        ("near", {"radec": [1, 2], "catalogs": {"alerts": {}}}, "an angle is a number"),
        ("near", {"radec": [1, 2], "max_distance": 1}, "catalogs: expected a name or several"),
    ],
)  # fmt: skip
def test_wrong_queries(home, query_type, query, said):
    with pytest.raises(ValueError, match=said):
        answer(home, query_type, query)


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"limit": -1}, "limit: expected a number"),
        ({"limit": "1; drop"}, "limit: expected a number"),
        ({"sort": [["a", 2]]}, "sort: expected pairs"),
        ({"max_time_ms": 0}, "max_time_ms: expected more than 0"),
    ],
)
def test_wrong_options(home, kwargs, said):
    with pytest.raises(ValueError, match=said):
        answer(home, "find", {"catalog": "alerts"}, kwargs)


def test_texts_are_literals(home):
    query = {"catalog": "alerts", "filter": "{'candid': 1003}", "projection": "{'_id': 1}"}
    assert answer(home, "find", query, {"hint": "x", "sort": "candid"}) == [{"_id": 1003}]
    assert answer(home, "info", {"command": "catalog_names"}) == ["alerts"]
    query = {"catalog": "alerts", "pipeline": "[{'$count': 'n'}]"}
    assert answer(home, "aggregate", query) == [{"n": 7}]


def test_the_commands(home, capsys, tmp_path):
    of = ["--directory", str(home.directory)]
    find = ["query", "find", "alerts", "--filter", '{"fid": 1}', "--projection", '{"candid": 1}']
    assert main([*find, "--sort", "candid:-1", "--limit", "1", "--format", "json", *of]) == 0
    assert json.loads(capsys.readouterr().out) == [{"_id": 2000, "candid": 2000}]
    (tmp_path / "p.json").write_text('[{"$count": "n"},] // all of them')
    assert (
        main(["query", "aggregate", "alerts", f"@{tmp_path / 'p.json'}", "--format", "csv", *of])
        == 0
    )
    assert capsys.readouterr().out.split() == ['"n"', "7"]
    assert main(["query", "count", "alerts", "--filter", '{"fid": 2}', *of]) == 0
    assert capsys.readouterr().out == "3\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["find", "alerts", "--filter", "[]"], "expected an object in JSON"),
        (["find", "alerts", "--filter", '{"a": '], "line 1"),
        (["find", "alerts", "--sort", "a:2"], "expected PATH, PATH:1 or PATH:-1"),
        (["aggregate", "alerts", "{}"], "expected a list of stages in JSON"),
        (["aggregate", "alerts", '[{"$out": "b"}]'], "it writes to a collection"),
        (["count", "alerts", "--max-time", "0"], "--max-time is more than 0 s"),
        (["count", "alerts", "--max-time", "nan"], "--max-time is more than 0 s"),
        (["count", "alerts", "--mongodb"], "there is none; name a file by --configfile"),
    ],
)
def test_wrong_commands(home, capsys, arguments, said):
    assert main(["query", *arguments, "--directory", str(home.directory)]) == 1
    assert said in capsys.readouterr().err
