"""What the jobs of filters need, by the table of measured costs (`pipeline.contract.costs`)."""

from pipeline.alerts.need import ZTF, Packets, of_shard
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def filter_need(
    packets: int, shards: int, filters: int, kind: Packets = ZTF, stores: int | None = None
) -> Need:
    """Return what running filters on one shard of a night needs.

    `stores` is how many of earlier nights and months they see; None if packets' own alone.
    """
    seen = {} if stores is None else {"store": stores}
    also = () if stores is None else ("filter_nights",)
    return of_shard("filter", packets, shards, kind, {"filter": filters, **seen}, also)


def keep_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what keeping the histories of one shard of a night needs."""
    return of_shard("keep_histories", packets, shards, kind)


def merge_need(packets: int, kind: Packets = ZTF) -> Need:
    """Return what merging the histories of some nights of so many packets needs."""
    return need_of("merge_histories", {"packet": packets, "MB": kind.mb(packets)}, kind.survey)


def summary_need(shards: int) -> Need:
    """Return what adding up a night's filters needs."""
    return need_of("summarise_filters", {"shard": shards})


def payloads_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what writing the requests of one shard's candidates needs."""
    return of_shard("write_payloads", packets, shards, kind)
