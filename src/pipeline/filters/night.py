"""A night's filters: how many alerts each passed, and how that compares with earlier nights."""

import json
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.io.atomic import write_json

SUMS = ("passed", "failed", "unknown")


def summarise(counts: list[Path], earlier: list[Path], output: Path) -> dict[str, Any]:
    """Write the sum of a night's shards.

    Parameters
    ----------
    counts : list of Path
        Of its shards (`pipeline.filters.shard.filter_shard`).
    earlier : list of Path
        Summaries of earlier nights.
    output : Path
        JSON: ``alerts``, and by filter ``passed``, ``failed`` and ``unknown``, which add up to
        these, ``share`` (passed of all alerts), ``earlier_share`` (its median over the earlier
        nights, null without any), ``programid`` of those that passed, ``reasons`` of the
        others, and ``warnings``.
    """
    shards = [json.loads(path.read_text()) for path in counts]
    before = [json.loads(path.read_text()) for path in earlier]
    alerts = sum(shard["alerts"] for shard in shards)
    names = dict.fromkeys(name for shard in shards for name in shard["filters"])
    filters = {
        name: _sum([shard["filters"][name] for shard in shards], alerts)
        | {"earlier_share": _usual(name, before)}
        for name in names
    }
    found = {"alerts": alerts, "filters": filters}
    write_json(found, output)
    return found


def _sum(shards: list[dict[str, Any]], alerts: int) -> dict[str, Any]:
    programid: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for shard in shards:
        programid.update(shard["programid"])
        reasons.update(shard["reasons"])
    told: dict[str, Any] = {name: sum(shard[name] for shard in shards) for name in SUMS}
    return {
        **told,
        "share": told["passed"] / alerts if alerts else None,
        "programid": dict(sorted(programid.items())),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "warnings": sorted({line for shard in shards for line in shard["warnings"]}),
    }


def _usual(name: str, nights: list[dict[str, Any]]) -> float | None:
    shares = [
        night["filters"][name]["share"]
        for night in nights
        if night["filters"].get(name, {}).get("share") is not None
    ]
    return median(shares) if shares else None
