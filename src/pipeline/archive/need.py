"""What the jobs of the archive need, by the table of measured costs."""

from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def index_need(alerts: float) -> Need:
    """Return what the cone index of a night of some alerts needs.

    >>> index_need(1_000_000).mem_mb()
    1450
    """
    return need_of("index_cones", {"packet": alerts}, input_mb=350e-6 * alerts)


def merge_need(alerts: float) -> Need:
    """Return what merging the cone indexes of some alerts needs."""
    return need_of("merge_cones", {"packet": alerts}, input_mb=110e-6 * alerts)
