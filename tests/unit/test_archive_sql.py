"""SQL over the tables: what it answers, and that it can do nothing else."""

import json
import time

import pytest
from alert_tables import write_alerts

from pipeline.archive.query.files import FilesHome
from pipeline.archive.query.home import Options
from pipeline.archive.query.views import views
from pipeline.cli.main import main
from pipeline.documents.sandbox import SandboxError, query


@pytest.fixture
def directory(tmp_path):
    write_alerts(tmp_path, [1, 2, 3], [4, 5, 6], "20180201", shards=2, magpsf=[15, 16, 17])
    write_alerts(tmp_path, [7], [8], "20180202", magpsf=[18], start=2000)
    write_alerts(tmp_path, [9], [10], "20180202", survey="pgir", start=3000)
    return tmp_path


def test_all_surveys_and_nights(directory):
    home = FilesHome(directory)
    found = home.sql(
        "select survey, night, count(*) as n, max(magpsf) as faintest from alerts "
        "group by all order by all"
    )
    assert found.to_pylist() == [
        {"survey": "pgir", "night": "20180202", "n": 1, "faintest": None},
        {"survey": "ztf", "night": "20180201", "n": 3, "faintest": 17.0},
        {"survey": "ztf", "night": "20180202", "n": 1, "faintest": 18.0},
    ]
    some = home.sql("select candid from ALERTS order by 1 -- all;\n;", Options(limit=2, skip=1))
    assert some["candid"].to_pylist() == [1001, 1002]


ATTACKS = [
    "copy alerts to '{file}'",
    "copy (select 1) to '{file}'",
    "attach '{file}'",
    "install httpfs",
    "load httpfs",
    "pragma version",
    "call pragma_version()",
    "set threads = 8",
    "reset all",
    "export database '{file}'",
    "import database '{file}'",
    "create table t as select 1",
    "create macro f(a) as a",
    "insert into alerts values (1)",
    "update alerts set ra = 1",
    "delete from alerts",
    "drop view alerts",
    "alter table alerts rename to b",
    "begin",
    "checkpoint",
    "vacuum",
    "prepare q as select 1",
    "explain analyze select 1",
    "select 1; select 2",
    "select 1; drop view alerts",
    "",
    "select * from '/etc/passwd'",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from read_json('/etc/passwd')",
    "select * from parquet_scan('{own}')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from '{own}'",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "select * from duckdb_views",
    "select * from information_schema.tables",
    "select * from query('select 1')",
    "select * from query_table('alerts')",
    "select * from seq_scan('alerts')",
    "select current_setting('allowed_paths')",
    "select getenv('HOME')",
    "select (select count(*) from read_text('/etc/passwd')) from alerts",
    "with q as (select * from read_text('/etc/passwd')) select * from q",
    "select * from alerts, lateral (select * from glob('*'))",
    "select * from directory",  # a variable of Python
    "select " + "(" * 100_000 + "1" + ")" * 100_000,
    "select " + "+".join(["1"] * 20_000),
    "select * from alerts where",
    "select nonsense from alerts",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_it_can_do_nothing_else(directory, sql, tmp_path):
    own = next(directory.glob("results/alerts/*/*/*.parquet"))
    text = sql.replace("{file}", str(tmp_path / "out")).replace("{own}", str(own))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SandboxError) as error:
        FilesHome(directory).sql(text)
    assert len(str(error.value)) < 1000
    assert "root:" not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '{file}'",
        "copy (select 1) to '{own}'",
        "attach '{file}'",
        "set threads = 8",
        "set enable_external_access = true",
        "load httpfs",
        "select * from directory",
    ],
)
def test_the_second_fence_holds_alone(directory, sql, tmp_path):
    """What DuckDB itself refuses, whatever the first lets through."""
    own = next(directory.glob("results/alerts/*/*/*.parquet"))
    whole = own.read_bytes()
    text = sql.replace("{file}", str(tmp_path / "out")).replace("{own}", str(own))
    with views({"alerts": [own]}) as connection, pytest.raises(SandboxError):
        query(connection, text)
    assert not (tmp_path / "out").exists()
    assert own.read_bytes() == whole


@pytest.mark.parametrize(
    "sql",
    [
        "with recursive t(a) as (select 1 union all select a + 1 from t) select count(*) from t",
        "select count(*) from range(10000000) a, range(10000000) b where sin(a.range) > b.range",
    ],
)
def test_what_runs_for_ever_is_stopped(directory, sql):
    started = time.monotonic()
    with pytest.raises(SandboxError, match=r"stopped: it takes longer than 0\.5 s"):
        FilesHome(directory).sql(sql, Options(max_time_s=0.5))
    assert time.monotonic() - started < 5


def test_memory_is_bounded(directory):
    with views({}, memory_mb=50) as connection, pytest.raises(SandboxError, match="Memory"):
        query(connection, "select list(range) from range(100000000)")


def test_the_commands(directory, capsys, tmp_path):
    of = ["--directory", str(directory)]
    assert main(["query", "sql", "select count(*) as n from alerts", "--format", "json", *of]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 5}]
    (tmp_path / "q.sql").write_text("select candid from alerts order by candid")
    assert (
        main(["query", "sql", f"@{tmp_path / 'q.sql'}", "--limit", "1", "--format", "csv", *of])
        == 0
    )
    assert capsys.readouterr().out.splitlines() == ['"candid"', "1000"]
    assert main(["query", "sql", "copy alerts to 'x'", *of]) == 1
    assert "one SELECT is expected" in capsys.readouterr().err
    assert main(["query", "info", *of]) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == 5
    assert main(["query", "info", "alerts", *of]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["nights"] == {"pgir": ["20180202"], "ztf": ["20180201", "20180202"]}
    assert said["count"] == 5
    assert said["columns"]["candid"] == "int64"
    assert main(["query", "info", "alerts", "--indexes", *of]) == 0
    assert json.loads(capsys.readouterr().out) == {"pgir": {}, "ztf": {}}
    assert main(["query", "info", "nothing", *of]) == 1
    assert "there is no catalogue 'nothing'; there are alerts" in capsys.readouterr().err
