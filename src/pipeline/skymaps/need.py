"""What the jobs of skymaps need, by the table of measured costs (`pipeline.contract.costs`)."""

from math import ceil

from pipeline.contract.costs import need_of
from pipeline.contract.need import Need
from pipeline.sky.nsides import parse_nsides

AGAIN = 1.2
"""Pixels refined, of those of one round: best fits move, and islands are refined as well.

3520 to 3904 pixels of ``8:0 64:12 512:24``, which are 3072 if the first best fit is the last.
"""
FURTHER = 0.1
"""Pixels that wider contours add to a scan: most events none, hese_01 a few hundred."""
USUAL = "8:0 64:12 512:24"
LONGEST_S = 1800
"""CPU time asked for a scan: an unknown reconstruction may take a hundred times pandel's."""


def pixels(nsides: str, pointed: bool = False) -> float:
    """Return about how many pixels a scan fits.

    >>> round(pixels("8:0 64:12 512:24"))
    3533
    """
    # Every start of the workflow imports this module: it need not pay for a scan's.
    from pipeline.skymaps.scan.pixels import expected_pixels  # noqa: PLC0415

    first, *finer = expected_pixels(parse_nsides(nsides), pointed).values()
    return first + AGAIN * sum(finer)


def scan_need(
    chunks: int = 1,
    reco: str = "pandel_spe1st",
    nsides: str = USUAL,
    pointed: bool = False,
) -> Need:
    """Return what scanning an event needs, or what its last job does of one in chunks.

    >>> scan_need().minutes(), scan_need(4).minutes()
    (130, 40)
    """
    # Chunks have fitted all pixels but those of rounds that nobody foresaw.
    number = pixels(nsides, pointed)
    counts = {"pixel": number, "fit": 0 if chunks > 1 else number}
    at_least = LONGEST_S / chunks
    return need_of("scan", counts, form=reco, input_mb=100, at_least_s=at_least)


def relabel_need(reco: str = "pandel_spe1st", nsides: str = USUAL) -> Need:
    """Return what the products of a scanned event at other levels need.

    >>> relabel_need().minutes()
    22
    """
    number = pixels(nsides)
    counts = {"pixel": number, "fit": FURTHER * number}
    return need_of("relabel", counts, form=reco, input_mb=100, at_least_s=LONGEST_S * FURTHER)


def result_need(rule: str) -> Need:
    """Return what the products of somebody's result need, by either rule.

    >>> result_need("scan").minutes()
    14
    """
    counts = {"pixel": pixels(USUAL), "fit": 0.0}
    return need_of(rule, counts, form="dummy", input_mb=100, at_least_s=60)


def scan_chunk_need(
    chunks: int,
    rounds: int,
    reco: str = "pandel_spe1st",
    nsides: str = USUAL,
    pointed: bool = False,
) -> Need:
    """Return what one share of one round of an event needs; all rounds make all its pixels."""
    counts = {"fit": pixels(nsides, pointed) / chunks / rounds}
    at_least = LONGEST_S / chunks
    return need_of("scan_chunk", counts, form=reco, input_mb=100, at_least_s=at_least)


def scan_tracks_need(
    tracks: int, jobs: int, reco: str = "pandel_spe1st", nsides: str = USUAL
) -> Need:
    """Return what one job's share of the simulated tracks needs.

    >>> scan_tracks_need(200, 4).minutes()
    60
    """
    share = ceil(tracks / jobs)
    counts = {"fit": share * pixels(nsides)}
    return need_of("scan_tracks", counts, form=reco, at_least_s=15 * share)


def simulate_tracks_need(tracks: int) -> Need:
    """Return what simulating tracks needs."""
    return need_of("simulate_tracks", {"track": tracks}, at_least_s=60)


def calibrate_need(tracks: int) -> Need:
    """Return what a table of contour levels needs."""
    return need_of("calibrate", {"track": tracks}, at_least_s=60)


def summarise_need(events: int) -> Need:
    """Return what the table of all events needs."""
    return need_of("summarise_skymaps", {"event": events})
