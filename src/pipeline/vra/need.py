"""What the assistant's jobs need, by the table of measured costs (`pipeline.contract.costs`)."""

from pipeline.alerts.need import ZTF, Packets, of_shard
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def features_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what the features of one shard of a night need."""
    return of_shard("features", packets, shards, kind)


def context_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what class and host of one shard of a night need."""
    return of_shard("context", packets, shards, kind)


def sherlock_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what asking Lasair for one shard of a night needs."""
    return of_shard("sherlock", packets, shards, kind)


def vra_worklist_need(packets: int) -> Need:
    """Return what the worklist of a round needs, of nights with so many packets."""
    return need_of("vra_worklist", {"packet": packets})


def vra_close_need(packets: int) -> Need:
    """Return what the end of a round needs, of nights with so many packets."""
    return need_of("vra_close", {"packet": packets})


def vra_bench_need(packets: int) -> Need:
    """Return what one campaign needs, of nights with so many packets."""
    return need_of("vra_bench", {"packet": packets})


def vra_bench_summary_need(campaigns: int) -> Need:
    """Return what the picture of so many campaigns needs."""
    return need_of("vra_bench_summary", {"campaign": campaigns})


def scores_need(packets: int, shards: int, kind: Packets = ZTF) -> Need:
    """Return what the promoted model's scores of one shard of a night need."""
    return of_shard("assistant_scores", packets, shards, kind)


def drift_need(packets: int) -> Need:
    """Return what comparing a night with a training set needs."""
    return need_of("drift", {"packet": packets})


def vra_mirror_need(rounds: int) -> Need:
    """Return what writing so many closed rounds into MLflow needs."""
    return need_of("vra_mirror", {"round": rounds})
