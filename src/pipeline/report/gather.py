"""What a night's page is made of, read once: the facts of all alerts, and the chosen objects."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract.blocks import Ranking, plain
from pipeline.io.atomic import write_json
from pipeline.report.cards import cards
from pipeline.report.choose import chosen_rankings, ranked_alerts
from pipeline.report.parts import Part

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gathered:
    """Where a night lies, and where what is found goes.

    Attributes
    ----------
    survey, night : str
    index : Path
        Of the night's packets.
    alerts : sequence of str
        The night's tables of alerts.
    inputs : mapping of str to sequence of str
        The domains' files (`pipeline.report.parts`).
    objects : int
        At most so many on the page.
    """

    survey: str
    night: str
    index: Path
    alerts: Sequence[str]
    inputs: Mapping[str, Sequence[str]]
    objects: int


def gather(night: Gathered, parts: Sequence[Part], facts: Path, objects: Path) -> int:
    """Write the facts of a night and its chosen objects as JSON; return how many objects."""
    told: dict[str, Any] = {}
    rankings: list[Ranking] = []
    for part in parts:
        reads = part.reads(night.survey, night.night, night.inputs)
        if (make := part.maker("facts")) is not None:
            told[part.name] = make(reads)
            logger.info("facts of %s", part.name)
        if (rank := part.maker("ranking")) is not None:
            rankings += rank(reads)
    survey = get_survey(night.survey)
    lists = chosen_rankings(rankings, ranked_alerts(night.alerts, survey, rankings), night.objects)
    candids = list(dict.fromkeys(c for one in lists for c in one["candids"]))
    found = cards(night.index, survey, candids)
    for part in parts:
        if (about := part.maker("about")) is not None and candids:
            for candid, tables in about(
                part.reads(night.survey, night.night, night.inputs), candids
            ).items():
                if candid in found:
                    found[candid].setdefault("tables", []).extend(plain(tables))
    write_json(finite(told), facts)
    chosen = [found[candid] for candid in candids if candid in found]
    write_json(finite({"lists": lists, "objects": chosen}), objects)
    return len(chosen)


def finite(value: Any) -> Any:
    """Return plain values in which no number is infinite or none: JSON has no word for it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
