"""What the jobs of catalogues need, by the table of measured costs (`pipeline.contract.costs`)."""

from math import ceil
from pathlib import PurePath

from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def sort_need(size_mb: float, form: str = "") -> Need:
    """Return what sorting a catalogue of some size needs.

    >>> sort_need(500).mem_mb()
    1300
    """
    # Texts of positions take longer than numbers; rows lie there twice while they are sorted.
    at_least_s = 20 + 0.1 * size_mb
    return need_of(
        "sort_catalog", {"MB": size_mb}, form=form, input_mb=2 * size_mb, at_least_s=at_least_s
    )


def sort_alerts_need(alerts: float) -> Need:
    """Return what sorting as many alerts into a catalogue needs."""
    return need_of("sort_catalog", {"MB": 0, "packet": alerts}, form="alerts", at_least_s=20)


def match_need(packets: int, shards: int, catalogs: int) -> Need:
    """Return what matching one shard of a night with some catalogues needs.

    A catalogue's rows are not counted: of 10⁷ those near an alert are looked up, and no others.

    >>> match_need(300_000, 4, 2).mem_mb(), match_need(300_000, 4, 2).minutes()
    (1150, 14)
    """
    return need_of("match", {"catalogue": catalogs * ceil(packets / shards)}, at_least_s=60)


def form_of(path: str) -> str:
    """Return what the size of a catalogue's file depends on.

    >>> form_of("a/vsx.csv.GZ"), form_of("vsx.parquet")
    ('gz', 'parquet')
    """
    suffix = PurePath(path.lower()).suffix.removeprefix(".")
    return "parquet" if suffix == "pq" else suffix
