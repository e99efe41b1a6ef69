"""Documents with those fields alone that some filter reads: most are read by none."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.filtered import names_read
from pipeline.documents.refused import Refused
from pipeline.filters.filter import Filter

ALWAYS = {"_id", "candid", "programid", "procstatus"}
"""Read by a broker's own stages, beside the times."""


def names_of(filters: Sequence[Filter], schema: pa.Schema, whole: bool = False) -> set[str]:
    """Return the names of fields that filters read, or that come out of them.

    Parameters
    ----------
    filters : sequence of Filter
        Pipelines; of one that is refused nothing is read.
    schema : pyarrow.Schema
        Of the documents, with what null means.
    whole : bool
        Whether one that is refused reads everything: there is a MongoDB that runs it.
    """
    found = set(ALWAYS)
    for one in filters:
        try:
            found |= names_read(parse_pipeline(one.pipeline), schema)
        except Refused:
            if whole:
                return found | every_name(schema)
    return found


def every_name(fields: Iterable[pa.Field]) -> set[str]:
    """Return the names of all fields, on all levels."""
    found = set()
    for field in fields:
        found.add(field.name)
        kind = field.type
        while pa.types.is_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            found |= every_name(kind)
    return found


def narrowed(documents: pa.Table, names: set[str]) -> pa.Table:
    """Return documents with the fields of some names, on all levels.

    A record in which nothing is read keeps its first field: whether it is there may count.
    """
    columns, fields = [], []
    for field, column in zip(documents.schema, documents.columns, strict=True):
        if field.name in names:
            array = _narrowed(column.combine_chunks(), names)
            columns.append(array)
            fields.append(pa.field(field.name, array.type, field.nullable, field.metadata))
    return pa.table(columns, schema=pa.schema(fields))


def _narrowed(array: pa.Array, names: set[str]) -> pa.Array:
    kind = array.type
    if pa.types.is_struct(kind) and kind.num_fields:
        kept = [i for i, field in enumerate(kind) if field.name in names] or [0]
        parts = [_narrowed(array.field(i), names) for i in kept]
        given = [kind.field(i) for i in kept]
        fields = [
            pa.field(f.name, part.type, f.nullable, f.metadata)
            for f, part in zip(given, parts, strict=True)
        ]
        mask = array.is_null() if array.null_count else None
        return pa.StructArray.from_arrays(parts, fields=fields, mask=mask)
    if pa.types.is_list(kind):
        item = kind.value_field
        values = _narrowed(pc.list_flatten(array), names)
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        zero = pa.array([0], pa.int32())
        offsets = pa.concat_arrays([zero, pc.cumulative_sum(lengths).cast(pa.int32())])
        type_ = pa.list_(pa.field(item.name, values.type, item.nullable, item.metadata))
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(offsets, values, type=type_, mask=mask)
    return array
