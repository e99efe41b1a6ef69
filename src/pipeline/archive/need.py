"""What the jobs of the archive need, by the table of measured costs."""

from pipeline.alerts.need import ZTF, of_shard
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def index_need(alerts: float) -> Need:
    """Return what the cone index of a night of some alerts needs.

    >>> index_need(1_000_000).mem_mb()
    1450
    """
    return need_of("index_cones", {"packet": alerts}, input_mb=350e-6 * alerts)


def ingest_need(packets: int, shards: int) -> Need:
    """Return what writing one shard of a night to a MongoDB needs, of this machine."""
    return of_shard("ingest", packets, shards, ZTF)


def documents_need(packets: int, shards: int) -> Need:
    """Return what keeping the documents of one shard of a night needs."""
    return of_shard("documents", packets, shards, ZTF)


def merge_need(alerts: float) -> Need:
    """Return what merging the cone indexes of some alerts needs."""
    return need_of("merge_cones", {"packet": alerts}, input_mb=110e-6 * alerts)
