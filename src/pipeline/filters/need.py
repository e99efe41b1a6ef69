"""What the jobs of filters need, by the table of measured costs (`pipeline.contract.costs`)."""

from pipeline.alerts.need import ZTF, Packets, of_shard
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def filter_need(packets: int, shards: int, filters: int, kind: Packets = ZTF) -> Need:
    """Return what running filters on one shard of a night needs."""
    return of_shard("filter", packets, shards, kind, {"filter": filters})


def summary_need(shards: int) -> Need:
    """Return what adding up a night's filters needs."""
    return need_of("summarise_filters", {"shard": shards})


def payloads_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what writing the requests of one shard's candidates needs."""
    return of_shard("write_payloads", packets, shards, kind)
