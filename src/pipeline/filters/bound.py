"""Filters in SQL against the columns that their views will have: a typo is told before any job."""

import re
from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pyarrow as pa

from pipeline.alerts.alerts_table import alerts_schema
from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.survey import Survey
from pipeline.documents.sandbox import SandboxError, connect, query
from pipeline.filters.sql_filters import NO_MATCH, NOTHING, asked, wide
from pipeline.io.tables import survey_schema

NODATA = ("science_nodata", "template_nodata", "difference_nodata")
"""Columns of ``scores`` that come with some models."""
SECONDS = 10.0
MEMORY_MB = 500
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_OF_UNKNOWN_TYPE = '"NULL"'
"""What DuckDB calls the type of a column that has none yet, where it matters to a function."""


def view_schemas(
    survey: Survey, models: Iterable[str], catalogs: Mapping[str, Sequence[str]]
) -> dict[str, pa.Schema]:
    """Return the columns of the views `pipeline.filters.sql_filters.VIEWS`.

    Parameters
    ----------
    survey : Survey
    models : iterable of str
        That score it.
    catalogs : mapping of str to sequence of str
        Those that it is matched with and their columns, whose types the catalogues alone know:
        here they are null, which goes with anything.
    """
    scored = [
        field
        for model in models
        for field in (
            (model, pa.float64()),
            (f"{model}_version", pa.string()),
            (f"{model}_reason", pa.string()),
        )
    ]
    chosen = [(f"{name}_{column}", pa.null()) for name in catalogs for column in catalogs[name]]
    scores, matches = NOTHING, NO_MATCH
    if scored:
        own = [("candid", pa.int64()), ("object_id", pa.string()), *scored]
        scores = survey_schema(pa.schema([*own, *((name, pa.float64()) for name in NODATA)]))
    if catalogs:
        matches = survey_schema(pa.schema([*NO_MATCH, *(pa.field(*one) for one in chosen)]))
    found = {
        "alerts": alerts_schema(survey),
        "history": HISTORY_SCHEMA,
        "scores": scores,
        "matches": matches,
    }
    return {name: wide(schema) for name, schema in found.items()}


def unbound(sql: str, schemas: Mapping[str, pa.Schema]) -> str:
    r"""Return why a filter's columns, types or functions are none; empty if they are in order.

    Parameters
    ----------
    sql : str
        That `pipeline.filters.sql_filters.check_sql` allows.
    schemas : mapping of str to pyarrow.Schema
        As `view_schemas`.

    Examples
    --------
    >>> columns = pa.schema([("candid", pa.int64())])
    >>> views = dict.fromkeys(("alerts", "history", "scores", "matches"), columns)
    >>> unbound("select candid from alerts", views)
    ''
    >>> print(unbound("select candid from alerts\nwhere magspf < 18", views)[:54])
    line 2: Binder Error: Referenced column "magspf" not f
    """
    with connect(MEMORY_MB) as connection:
        # it would compute constants, and nothing stops that
        connection.execute("PRAGMA disable_optimizer")
        for name, schema in schemas.items():
            for view in (name, f"all_{name}"):
                connection.register(view, schema.empty_table())
        said = _complaint(connection, asked(sql))
        if not said or _OF_UNKNOWN_TYPE in said:
            return ""
        # by itself its lines are those of the file, and the error is the same as a rule
        return _told(_complaint(connection, sql) or said.partition("LINE")[0])


def _complaint(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return what DuckDB says of a statement that it does not run."""
    try:
        query(connection, f"EXPLAIN {sql}", SECONDS)
    except SandboxError as error:
        return str(error.__cause__ or error)
    return ""


def _told(complaint: str) -> str:
    """Return the line, what is wrong with it, and what may be meant, as one line."""
    what, *more = [line.strip() for line in complaint.splitlines() if line.strip()]
    line = _LINE.search(complaint)
    meant = next((f" {each}" for each in more if each.startswith("Candidate")), "")
    return f"{f'line {line.group(1)}: ' if line else ''}{what}{meant}"
