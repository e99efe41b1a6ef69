"""What the jobs of the morning page need."""

from pipeline.contract.costs import need_of
from pipeline.contract.need import Need


def gather_need(packets: int, objects: int) -> Need:
    """Return what reading a night for its page needs."""
    return need_of("gather_night", {"packet": packets, "object": objects})


def page_need(objects: int) -> Need:
    """Return what a page needs."""
    return need_of("report_night", {"object": objects})


def index_need(nights: int) -> Need:
    """Return what the index needs."""
    return need_of("report_index", {"night": nights})
