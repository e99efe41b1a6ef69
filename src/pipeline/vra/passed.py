"""Which alerts of a shard are in the assistant's pool."""

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
