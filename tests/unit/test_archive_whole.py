"""A night of which something is missing or damaged is refused by every query, with a way out."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import write_alerts

from pipeline.alerts.places import COUNTS, SUMMARY
from pipeline.archive.cones.build import build_index
from pipeline.archive.places import COLUMNS, CONES, DOCUMENTS
from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Wanted
from pipeline.archive.query.request import answer
from pipeline.cli.main import main
from pipeline.io.tables import write_table

NIGHT = {"survey": "ztf", "night": "20180201"}
ALERTS = "results/alerts/ztf/20180201/0001.parquet"
FOLDER = DOCUMENTS.format(**NIGHT, shard="0001")
HERE = {"radec": [10.0, 0.0], "max_distance": 1, "distance_units": "deg"}
EVERY = Wanted({})


@pytest.fixture
def directory(tmp_path):
    """Return nights of two shards with counts and documents."""
    for number, night in enumerate(("20180201", "20180202")):
        start = 1000 * (number + 1)
        write_alerts(tmp_path, [10.0] * 4, [0.0] * 4, night, shards=2, start=start)
        for shard in (0, 1):
            of = {"survey": "ztf", "night": night, "shard": f"{shard:04d}"}
            counts = tmp_path / COUNTS.format(**of)
            counts.parent.mkdir(parents=True, exist_ok=True)
            counts.write_text("{}")
            folder = tmp_path / DOCUMENTS.format(**of)
            folder.mkdir(parents=True)
            ids = [start + 2 * shard, start + 2 * shard + 1]
            pq.write_table(pa.table({"_id": ids, "candid": ids}), folder / "0.parquet")
    return tmp_path


def queries(catalog):
    """Return a query of each type over a catalogue."""
    of = {"catalog": catalog}
    cone = {"radec": [10.0, 0.0], "cone_search_radius": 1, "catalogs": {catalog: {}}}
    return {
        "find": of,
        "find_one": of,
        "count_documents": {**of, "filter": {}},
        "estimated_document_count": of,
        "aggregate": {**of, "pipeline": [{"$count": "n"}]},
        "cone_search": cone,
        "near": {**HERE, "catalogs": {catalog: {}}},
        "info": {"command": "catalog_info", **of},
    }


@pytest.mark.parametrize("query_type", queries(""))
@pytest.mark.parametrize(
    ("catalog", "missing"), [("alerts", ALERTS), ("ZTF_alerts", FOLDER), ("ZTF_alerts", ALERTS)]
)
def test_every_query_is_refused(directory, query_type, catalog, missing):
    home, query = FilesHome(directory), queries(catalog)[query_type]
    answer(home, query_type, query)
    path = directory / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = rf"^{missing} is not there, .*: run the workflow, or snakemake {missing}$"
    with pytest.raises(ValueError, match=said):
        answer(home, query_type, query)


@pytest.mark.parametrize(
    "words",
    [
        ("sql", "select count(*) from alerts"),
        ("cone", "10 0"),
        ("count", "alerts"),
        ("info",),
        ("export-hats", "ztf", "out"),
        ("export-fits", "alerts", "out"),
    ],
)
def test_every_command_is_refused(directory, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (directory / ALERTS).unlink()
    assert main(["query", *words, "--directory", str(directory)]) == 1
    assert f"nightmill: {ALERTS} is not there" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_whole_nights_that_are_gone(directory):
    shutil.rmtree(directory / "results/alerts/ztf/20180201")
    with pytest.raises(ValueError, match=r"0000\.parquet \(and 1 more\) is not there"):
        FilesHome(directory).count_documents("alerts", {})
    shutil.rmtree(directory / "results/counts/ztf/20180201")
    assert FilesHome(directory).count_documents("alerts", {}) == 4  # taken away on purpose


def test_without_counts_the_index_tells(directory):
    tables = sorted((directory / "results/alerts/ztf/20180201").iterdir())
    build_index(tables, "ztf", "20180201", COLUMNS, directory / CONES.format(**NIGHT))
    shutil.rmtree(directory / "results/counts")
    (directory / ALERTS).unlink()
    with pytest.raises(ValueError, match=f"^{ALERTS} is not there"):
        FilesHome(directory).sql("select count(*) from alerts")


@pytest.mark.parametrize("query_type", queries(""))
@pytest.mark.parametrize("catalog", ["alerts", "ZTF_alerts"])
def test_a_shard_too_many(directory, query_type, catalog):
    """A copy of one would be counted twice; while a night is made its counts come later."""
    home, query = FilesHome(directory), queries(catalog)[query_type]
    more = directory / "results/alerts/ztf/20180201/0002.parquet"
    shutil.copy(directory / ALERTS, more)
    if catalog == "alerts":
        answer(home, query_type, query)
    summary = directory / SUMMARY.format(**NIGHT)
    summary.parent.mkdir(parents=True)
    summary.write_text("{}")
    with pytest.raises(ValueError, match=rf"^{more}: is none of the night's 2 shards"):
        answer(home, query_type, query)
    more.unlink()
    answer(home, query_type, query)


@pytest.mark.parametrize(
    "words", [("sql", "select 1 from alerts"), ("cone", "10 0"), ("count", "alerts"), ("info",)]
)
def test_the_only_shard_of_all(tmp_path, words, capsys):
    (file,) = write_alerts(tmp_path, [10.0], [0.0])
    counts = tmp_path / COUNTS.format(**NIGHT, shard="0000")
    counts.parent.mkdir(parents=True)
    counts.write_text("{}")
    file.unlink()
    assert main(["query", *words, "--directory", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("nightmill: results/alerts/ztf/20180201/0000.parquet is not there")
    assert "snakemake results/alerts/ztf/20180201/0000.parquet" in said


def test_other_tables_have_all_shards_or_none(directory):
    home = FilesHome(directory)
    scores = directory / "results/scores/ztf/20180202"
    for shard in ("0000", "0001"):
        write_table(pa.table({"candid": [1, 2]}), scores / f"{shard}.parquet")
    assert home.count_documents("scores", {}) == 4
    (scores / "0000.parquet").unlink()
    with pytest.raises(ValueError, match=r"^results/scores/ztf/20180202/0000\.parquet is not"):
        home.sql("select count(*) from scores")


def test_a_shard_without_alerts_has_no_documents(directory):
    empty = {"survey": "ztf", "night": "20180203"}
    write_alerts(directory, [], [], "20180203")
    (directory / DOCUMENTS.format(**empty, shard="0000")).mkdir(parents=True)
    assert FilesHome(directory).count_documents("ZTF_alerts", {}) == 8


def test_a_file_of_documents_that_is_gone(directory):
    (directory / FOLDER / "0.parquet").unlink()
    with pytest.raises(ValueError, match=f"^{FOLDER}: lacks a file: delete {FOLDER} and run"):
        FilesHome(directory).count_documents("ZTF_alerts", {})


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
@pytest.mark.parametrize("query_type", queries(""))
@pytest.mark.parametrize("catalog", ["alerts", "ZTF_alerts"])
def test_damaged_files_are_named(directory, catalog, query_type, content):
    own = ALERTS if catalog == "alerts" else f"{FOLDER}/0.parquet"
    file = directory / own
    file.write_bytes(file.read_bytes()[:-20] if content is None else content)
    made = directory / (own if catalog == "alerts" else FOLDER)
    with pytest.raises(ValueError, match=f"^{file}: is no whole parquet file .*: delete {made} "):
        answer(FilesHome(directory), query_type, queries(catalog)[query_type])


@pytest.mark.parametrize("content", [b"", b"PAR1" * 9])
def test_damaged_files_are_named_by_sql(directory, content, capsys):
    (directory / ALERTS).write_bytes(content)
    of = ["--directory", str(directory)]
    assert main(["query", "sql", "select count(*) from alerts", *of]) == 1
    said = capsys.readouterr().err
    assert f"{ALERTS}: is no whole parquet file" in said
    assert len(said.splitlines()) == 1


def test_files_of_unlike_columns_are_told(directory, capsys):
    pq.write_table(pa.table({"candid": ["a", "b"]}), directory / ALERTS)
    assert main(["query", "count", "alerts", "--directory", str(directory)]) == 1
    assert "nightmill: alerts: its files cannot be read as one: " in capsys.readouterr().err
