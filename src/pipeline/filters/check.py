"""What is wrong with a filter, before any job."""

from collections.abc import Iterator

import pyarrow as pa

from pipeline.documents.check import check_pipeline
from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.repeatable import check_repeatable_pipeline
from pipeline.documents.sandbox import SandboxError
from pipeline.documents.translate import translate
from pipeline.filters.filter import Filter
from pipeline.filters.sql_filters import check_sql

NO_FIELDS = pa.schema([pa.field("_id", pa.int64(), nullable=False)])
"""Documents without fields: which operators are translated does not depend on them."""


def wrong_with(one: Filter, mongodb: bool = False) -> Iterator[str]:
    """Yield what makes a filter one that cannot be run: one line, or none.

    Parameters
    ----------
    one : Filter
    mongodb : bool
        Whether there is one, which runs what cannot be translated.
    """
    try:
        if one.sql:
            check_sql(one.sql)
        else:
            pipeline = parse_pipeline(one.pipeline)
            check_pipeline(pipeline)
            check_repeatable_pipeline(pipeline)
            if not mongodb and (why := untranslated(one)):
                yield f"pipeline: {why}; a MongoDB would run it (archive.uri)"
    except (Refused, SandboxError) as error:
        yield f"{'sql' if one.sql else 'pipeline'}: {error}"


def untranslated(one: Filter) -> str | None:
    """Return why a pipeline cannot be translated, whatever its documents have; None if it can."""
    try:
        translate(parse_pipeline(one.pipeline), NO_FIELDS)
    except Refused as error:
        return str(error)
    return None
