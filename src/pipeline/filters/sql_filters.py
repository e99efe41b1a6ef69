"""Filters in SQL: one SELECT over views that hold one alert each, and what was known at its time.

A filter is asked alert by alert (DuckDB makes one query of it): ``alerts`` has the alert alone,
``scores`` and ``matches`` what belongs to it, ``history`` the measurements in its packet. So
none can see what came later, and an alert passes if exactly one row comes out, as with a
pipeline.
"""

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.documents.repeatable import check_repeatable_sql
from pipeline.documents.sandbox import check_select, query
from pipeline.filters.annotations import text_of_row
from pipeline.filters.evaluate import Outcome, load
from pipeline.filters.upstream import DAYS, GOOD, Shape

NOT_ONE = "not exactly one row comes out"
VIEWS = ("alerts", "scores", "matches", "history")
_KEYS = ("survey", "candid", "object_id")
"""Columns that name the alert: no annotations."""
NOTHING = pa.schema([("candid", pa.int64())])
"""Of scores, where no model is configured."""
NO_MATCH = pa.schema(
    [
        *(("candid", pa.int64()), ("catalog", pa.string()), ("match_id", pa.string())),
        *(("distance_arcsec", pa.float64()), ("distance_kpc", pa.float64()), ("rank", pa.int32())),
    ]
)
"""Of matches, where no catalogue is."""

# MATERIALIZED: without it DuckDB 2.0 fails to bind a view in a condition within a view.
_VIEWS = ", ".join(
    f'{name} AS MATERIALIZED (SELECT * FROM "all_{name}" AS g WHERE g.candid = alert_.candid)'  # noqa: S608
    for name in VIEWS
)
_ASKED = (
    "SELECT _id, any_value(annotations) AS annotations FROM ("  # noqa: S608 - see check_sql
    "SELECT alert_.candid AS _id, CAST(to_json(found_) AS VARCHAR) AS annotations "
    f"FROM all_alerts AS alert_, LATERAL (WITH {_VIEWS} SELECT * FROM ({{sql}}\n)) AS found_"
    ") GROUP BY _id HAVING count(*) = 1 ORDER BY _id"
)


def check_sql(sql: str) -> None:
    """Raise unless it is one SELECT over the views that always answers the same.

    Raises
    ------
    pipeline.documents.sandbox.SandboxError
    """
    check_select(sql, VIEWS)
    check_repeatable_sql(sql)


def load_views(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, pa.Table],
    permissions: tuple[int, ...],
    shape: Shape,
) -> None:
    """Put what filters with some permissions see into the database.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    tables : mapping of str to pyarrow.Table
        Of `VIEWS`; scores and matches may be absent.
    permissions : tuple of int
        Values of ``programid``, where the survey has it.
    shape : Shape
        Of its documents.
    """
    alerts, history = tables["alerts"], tables["history"]
    owner = pc.index_in(history["candid"].combine_chunks(), alerts["candid"].combine_chunks())
    jd = alerts["jd"].combine_chunks().take(owner)
    days = pc.subtract(jd, history["jd"].combine_chunks())
    known = pc.and_(pc.less(days, DAYS), pc.greater_equal(days, 0.0))
    history = history.filter(pc.fill_null(known, False))
    if "programid" in alerts.column_names:
        alerts = alerts.filter(_permitted(alerts, permissions))
    permitted = _permitted(history, permissions)
    if shape.strict:
        forced = pc.equal(history["kind"].cast(pa.string()), "forced")
        good = pc.fill_null(pc.equal(history["procstatus"], GOOD), False)
        history = history.filter(pc.and_(permitted, pc.or_(pc.invert(forced), good)))
    else:
        history = history.filter(pc.or_(permitted, pc.is_null(history["programid"])))
    for name, table in (
        ("alerts", alerts),
        ("history", history),
        ("scores", tables.get("scores", NOTHING.empty_table())),
        ("matches", tables.get("matches", NO_MATCH.empty_table())),
    ):
        load(connection, table.cast(wide(table.schema)), f"all_{name}")


def _permitted(table: pa.Table, permissions: tuple[int, ...]) -> pa.ChunkedArray:
    return pc.is_in(table["programid"].cast(pa.int64()), pa.array(permissions, pa.int64()))


def wide(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose floats are double: 0.8 as a float is not above 0.8 otherwise."""
    fields = [pa.field(f.name, pa.float64() if f.type == pa.float32() else f.type) for f in schema]
    return pa.schema(fields)


def asked(sql: str) -> str:
    """Return what is run of a filter: its SELECT for each alert, and who has one row."""
    return _ASKED.format(sql=sql.rstrip().removesuffix(";"))


def sql_outcome(connection: duckdb.DuckDBPyConnection, sql: str) -> Outcome:
    """Return what a filter says of each alert of the views.

    Raises
    ------
    pipeline.documents.sandbox.SandboxError
        If it is not one SELECT over the views, fails, or takes too long.
    """
    check_sql(sql)
    rows = query(connection, asked(sql))
    texts = [text_of_row(text, _KEYS) for text in rows["annotations"].to_pylist()]
    annotations = pa.array(texts, pa.string())
    passed = pa.table({"_id": rows["_id"], "annotations": annotations})
    load(connection, passed.select(["_id"]), "good")
    others = query(
        connection,
        'SELECT candid AS _id FROM "all_alerts" AS a ANTI JOIN good ON a.candid = good._id',
    )
    reasons = pa.array([NOT_ONE] * others.num_rows, pa.string())
    return Outcome(passed, others.append_column("reason", reasons))
