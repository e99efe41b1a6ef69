"""A runaway filter in SQL is ended, by time or by memory, and the next ones are answered."""

import time

import pyarrow as pa
import pytest

from pipeline.documents.sandbox import SandboxError, connect, lock
from pipeline.filters.apart import Apart
from pipeline.filters.evaluate import load
from pipeline.filters.sql_filters import VIEWS

UNSTOPPABLE = (
    "select levenshtein(repeat('a', 400000 + candid), repeat('b', 400000)) as n from alerts"
)
HUGE = "select list(r.range || repeat('x', 1000)) as n from range(10000000) as r"
GOOD = "select candid as own from alerts where candid < 3"


def opened():
    connection = connect(memory_mb=200)
    for name in VIEWS:
        load(connection, pa.table({"candid": [1, 2, 3]}), f"all_{name}")
    lock(connection)
    return connection


@pytest.fixture
def apart():
    found = Apart(opened, seconds=20)
    yield found
    found.close()


def passed(outcome):
    return outcome.passed["_id"].to_pylist()


def test_what_nothing_interrupts_is_ended():
    """The database's own time limit waits for the end of an expression."""
    one = Apart(opened, seconds=2)
    try:
        started = time.monotonic()
        with pytest.raises(SandboxError, match="it takes longer than 2 s"):
            one.outcome(UNSTOPPABLE)
        assert time.monotonic() - started < 15
    finally:
        one.close()


def test_others_go_on(apart):
    assert passed(apart.outcome(GOOD)) == [1, 2]
    with pytest.raises(SandboxError, match="Out of Memory"):
        apart.outcome(HUGE)
    with pytest.raises(SandboxError, match="nothing"):
        apart.outcome("select nothing from alerts")
    with pytest.raises(SandboxError, match="no table packets"):
        apart.outcome("select 1 from packets")
    assert passed(apart.outcome(GOOD)) == [1, 2]


def test_a_process_that_was_killed_is_replaced(apart):
    assert passed(apart.outcome(GOOD)) == [1, 2]
    apart._process.kill()
    apart._process.join()
    with pytest.raises(SandboxError, match="its process was ended"):
        apart.outcome(GOOD)
    assert passed(apart.outcome(GOOD)) == [1, 2]


def test_views_that_take_too_much_memory_are_told():
    def too_much():
        connection = connect(memory_mb=20)
        load(connection, pa.table({"candid": pa.array(range(20_000_000))}), "all_alerts")
        return connection

    one = Apart(too_much)
    try:
        with pytest.raises(SandboxError, match="Out of Memory"):
            one.outcome(GOOD)
    finally:
        one.close()
