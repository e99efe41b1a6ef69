"""Users' SQL: what is refused before it runs, and what the database refuses by itself."""

import time

import pyarrow as pa
import pytest

from pipeline.documents.sandbox import SandboxError, check_select, connect, lock, query

TABLES = {"alerts", "history"}
GOOD = (
    "select candid from alerts where magpsf < 18",
    "with q as (select * from alerts) select candid, max(h.jd) from q join history h "
    "using (candid) group by all",
    "from alerts",
    "select candid, unnest([1, 2]) from alerts, range(3) r(i) -- a comment",
    "with recursive a as (select 1 as n union all select n + 1 from a where n < 3) from a",
    "select candid from alerts union all select candid from history",
    "values (1)",
    "SELECT candid FROM Alerts ORDER BY jd LIMIT 1;",
)
BAD = {
    "select * from read_csv('/etc/passwd')": "read_csv",
    "select * from '/etc/passwd'": "no table /etc/passwd",
    "select * from alerts where candid in (select 1 from read_text('/etc/passwd'))": "read_text",
    "copy alerts to '/tmp/x'": "one SELECT",
    "attach '/tmp/x.db'": "one SELECT",
    "install httpfs": "one SELECT",
    "pragma database_list": "one SELECT",
    "set memory_limit = '1TB'": "one SELECT",
    "create table x as select 1": "one SELECT",
    "delete from alerts": "one SELECT",
    "select 1; drop table alerts": "one SELECT",
    "select 1; select 2": "2 statements",
    "select 1) x, (select 2": "syntax error",
    "selec candid from alerts": "syntax error",
    "select * from query('select 1')": "query",
    "select * from query_table(['alerts'])": "query_table",
    "select * from duckdb_settings()": "duckdb_settings",
    "select * from information_schema.tables": "no table information_schema.tables",
    "select * from main.alerts": "no table main.alerts",
    "select * from packets": "no table packets: there are alerts, history",
    "describe alerts": "one SELECT",
    "with a as (insert into alerts values (1) returning *) select * from a": "INSERT: one SELECT",
    "with a as (delete from alerts returning *) select * from a": "DELETE: one SELECT",
    "select (with a as (update alerts set jd = 1 returning *) select 1)": "one SELECT",
    "select " + "(" * 3000 + "1" + ")" * 3000: "^nested too deep$",
    "": "0 statements",
    "select " + "1 + " * 40_000 + "1": "more than",
}  # fmt: skip


@pytest.mark.parametrize("sql", GOOD)
def test_selects_over_the_tables_pass(sql):
    check_select(sql, TABLES)


@pytest.mark.parametrize("sql", BAD, ids=lambda sql: sql[:40])
def test_all_else_is_refused_before_it_runs(sql):
    with pytest.raises(SandboxError, match=BAD[sql]):
        check_select(sql, TABLES)


def test_deep_sql_is_refused():
    with pytest.raises(SandboxError):
        check_select("select " + "(" * 20_000 + "1" + ")" * 20_000, TABLES)


@pytest.fixture
def database():
    connection = connect(memory_mb=200)
    connection.register("rows", pa.table({"candid": [1, 2, 3]}))
    connection.execute("CREATE TABLE alerts AS SELECT * FROM rows")
    connection.unregister("rows")
    lock(connection)
    yield connection
    connection.close()


def test_the_database_opens_nothing_itself(database, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    local = pa.table({"a": [1]})
    for sql in (
        f"select * from read_csv('{secret}')", f"select * from '{secret}'",
        f"copy alerts to '{tmp_path}/out.csv'", f"attach '{tmp_path}/x.db'", "load httpfs",
        "install httpfs", "select * from local", "set enable_external_access = true",
        "set memory_limit = '100GB'", "set threads = 64",
    ):  # fmt: skip
        with pytest.raises(SandboxError):
            query(database, sql)
    assert local.num_rows == 1
    assert query(database, "select sum(candid) as s from alerts")["s"].to_pylist() == [6]
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_what_runs_for_ever_is_stopped(database):
    started = time.monotonic()
    with pytest.raises(SandboxError, match="longer than 0.5 s"):
        query(database, "select sum(sin(i)) from range(1e13::bigint) t(i)", 0.5)
    assert time.monotonic() - started < 10
    assert query(database, "select 1 as x")["x"].to_pylist() == [1]


def test_what_takes_too_much_memory_fails(database):
    with pytest.raises(SandboxError, match="(?i)memory"):
        query(database, "select list(i) from range(100_000_000) t(i)")
