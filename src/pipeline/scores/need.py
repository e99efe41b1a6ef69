"""What the jobs of scores need, by the table of measured costs (`pipeline.contract.costs`)."""

from collections.abc import Mapping

from pipeline.alerts.need import ZTF, Packets, of_shard
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need

KINDS = ("triplet", "features+triplet", "features")
"""What a network takes: its size is not known, what it is fed says most."""

SIX = {"triplet": 1, "features+triplet": 5}
"""The field's own: braai and the five of ACAI."""


def score_need(
    packets: int, shards: int, models: int | Mapping[str, int], kind: Packets = ZTF
) -> Need:
    """Return what scoring one shard of a night needs.

    Parameters
    ----------
    packets, shards : int
        Of the night.
    models : int or mapping
        How many of each of `KINDS`; a number is of those that take both.
    kind : Packets

    >>> score_need(300_000, 4, SIX).minutes()
    19
    """
    if isinstance(models, int):
        models = {"features+triplet": models}
    counts = {f"{name} model": float(models.get(name, 0)) for name in KINDS}
    return of_shard("score", packets, shards, kind, counts)


def convert_need() -> Need:
    """Return what converting a model needs, most of it TensorFlow's."""
    return need_of("convert_model", {}, at_least_s=60)


def train_need() -> Need:
    """Return what training the demonstration's network needs."""
    return need_of("train_realbogus", {}, at_least_s=60)
