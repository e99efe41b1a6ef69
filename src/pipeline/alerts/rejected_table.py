"""The ``rejected`` table: one row a packet that could not be used, and why."""

import pyarrow as pa

from pipeline.io.tables import field

READ, CLEAN = "read", "clean"
"""Stages: a packet could not be read; its content could not be used."""
REJECTED_SCHEMA = pa.schema(
    [
        field("source", pa.string(), description="file of the packet"),
        field("position", pa.int64(), description="number of the packet within its file"),
        field("candid", pa.int64(), description="null where it could not be read"),
        field("stage", pa.string(), description="read: the packet; clean: its content"),
        field("reason", pa.string()),
    ]
)


def rejected_table(rows: pa.Table, stage: str, reasons: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return what was rejected, of `REJECTED_SCHEMA`.

    Parameters
    ----------
    rows : pyarrow.Table, n rows
        Of the index.
    stage : str
        `READ` or `CLEAN`.
    reasons : array of n str
    """
    columns = {
        "source": rows["source"].cast(pa.string()),
        "position": rows["position"],
        "candid": rows["candid"],
        "stage": pa.array([stage] * rows.num_rows, pa.string()),
        "reason": reasons,
    }
    return pa.table(columns, schema=REJECTED_SCHEMA)
