"""What the configuration says to the jobs of a round, as plain values."""

from typing import TYPE_CHECKING, Any

from pipeline.vra.rounds.class_maps import class_map

if TYPE_CHECKING:
    from pipeline.vra.configured import Assistant, Rounds

SPARE = 3
"""Alerts of a worklist for each label that its round waits for: some labels are of no class, some
alerts are skipped."""


def wanted(section: "Rounds", number: int) -> int:
    """Return how many labels a round waits for."""
    return section.size if number else section.first


def asking(section: "Assistant", number: int) -> dict[str, Any]:
    """Return a round's `pipeline.vra.rounds.worklist.Asking`."""
    rounds = _rounds(section)
    return {
        "strategy": rounds.strategy,
        "number": SPARE * wanted(rounds, number),
        "per_object": rounds.per_object,
        "held_out": rounds.held_out,
        "seed": rounds.seed,
        "round": number,
    }


def began(section: "Assistant", number: int) -> dict[str, Any]:
    """Return what `pipeline.vra.rounds.began.Began` takes from the configuration."""
    rounds = _rounds(section)
    return {
        "wanted": wanted(rounds, number),
        "classes": class_map(rounds.classes),
        "labels": section.labels,
    }


def learning(section: "Assistant") -> dict[str, Any]:
    """Return what `pipeline.vra.rounds.closing.Learning` takes from the configuration."""
    rounds = _rounds(section)
    return {
        "experiment": section.experiment,
        "classifier": rounds.classifier,
        "parameters": dict(rounds.parameters),
        "held_out": rounds.held_out,
        "seed": rounds.seed,
    }


def campaign(section: "Assistant", strategy: str, size: int, seed: int) -> dict[str, Any]:
    """Return a `pipeline.vra.bench.campaign.Campaign`; without rounds by their defaults."""
    from pipeline.vra.configured import Rounds  # noqa: PLC0415 - pydantic: for planning alone

    bench, rounds = section.bench, section.rounds or Rounds.model_validate({})
    if bench is None:
        raise ValueError("the configuration has no bench: its section `vra.bench` is expected")
    return {
        "strategy": strategy,
        "first": rounds.first,
        "size": size,
        "rounds": bench.rounds,
        "per_object": rounds.per_object,
        "held_out": rounds.held_out,
        "classes": class_map(rounds.classes),
        "classifier": rounds.classifier,
        "parameters": dict(rounds.parameters),
        "seed": rounds.seed + seed,
    }


def _rounds(section: "Assistant") -> "Rounds":
    if section.rounds is None:
        raise ValueError("the configuration has no rounds: its section `vra.rounds` is expected")
    return section.rounds
