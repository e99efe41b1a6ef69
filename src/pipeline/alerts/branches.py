"""A packet's field in its column's type, whichever of a union's types the value has."""

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.casts import as_type
from pipeline.io.records import Records


def read_as(records: Records, path: str, type_: pa.DataType) -> pa.Array:
    """Return a field of n packets in a column's type; null where it cannot be said in it.

    A union of several types, such as ``["null", "int", "double"]``, has a column for each: the
    first under the field's path, others with their type behind it (`pipeline.io.avro_program`).

    Parameters
    ----------
    records : Records
        n packets.
    path : str
    type_ : pyarrow.DataType
        See `pipeline.alerts.casts.as_type`.

    Returns
    -------
    pyarrow.Array of `type_`, shape (n,)
        All null if the packets have no such field.
    """
    names = (path, *records.branches(path))
    arrays = [as_type(records.column(name), type_, records.num_rows) for name in names]
    return pc.coalesce(*arrays) if len(arrays) > 1 else arrays[0]
