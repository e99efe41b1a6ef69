"""What is wrong with a filter, before any job."""

from collections.abc import Iterator

import pyarrow as pa

from pipeline.documents.check import check_pipeline
from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import SandboxError
from pipeline.documents.translate import translate
from pipeline.filters.filter import Filter
from pipeline.filters.sql_filters import check_sql

NO_FIELDS = pa.schema([pa.field("_id", pa.int64(), nullable=False)])
"""Documents without fields: which operators are translated does not depend on them."""


def wrong_with(one: Filter) -> Iterator[str]:
    """Yield what makes a filter one that cannot be run: one line, or none."""
    try:
        if one.sql:
            check_sql(one.sql)
        else:
            pipeline = parse_pipeline(one.pipeline)
            check_pipeline(pipeline)
            translate(pipeline, NO_FIELDS)
    except (Refused, SandboxError) as error:
        yield f"{'sql' if one.sql else 'pipeline'}: {error}"
