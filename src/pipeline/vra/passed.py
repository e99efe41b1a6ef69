"""Which alerts of a shard are in the assistant's pool."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def pool_of(candidates: Path, filter_name: str) -> pa.Array:
    """Return the candids of a shard that passed a filter.

    Parameters
    ----------
    candidates : Path
        The shard's table ``candidates``.
    filter_name : str
    """
    passed = pq.read_table(
        candidates, columns=["candid"], filters=pc.field("filter") == filter_name
    )
    return passed["candid"].combine_chunks()


def passed_rows(tables: Mapping[str, str], filter_name: str, columns: Sequence[str]) -> pa.Table:
    """Return some columns of a shard's alerts that passed a filter, in their order.

    Parameters
    ----------
    tables : mapping of str to str
        The shard's ``alerts`` and ``candidates``.
    filter_name : str
    columns : sequence of str
        Of ``alerts``.
    """
    wanted = pc.field("candid").isin(pool_of(Path(tables["candidates"]), filter_name))
    return pq.read_table(tables["alerts"], columns=list(columns), filters=wanted)
