"""What the assistant's jobs need, by the table of measured costs (`pipeline.contract.costs`)."""

from pipeline.alerts.need import ZTF, Packets, of_shard
from pipeline.contract.need import Need


def features_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what the features of one shard of a night need."""
    return of_shard("features", packets, shards, kind)
