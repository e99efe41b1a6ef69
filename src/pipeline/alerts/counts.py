"""The counts of a night: the sum of its shards'."""

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline.io.atomic import write_json

LEFT_OUT = "history_left_out"
COUNTED = ("read", "alerts", "rejected", "duplicates", "history", LEFT_OUT)


def summarise_night(counts: Iterable[Path], output: Path) -> dict[str, int]:
    """Add up the counts of a night's shards.

    Raises
    ------
    ValueError
        If a shard's packets do not add up; the message names its file.
    """
    total = dict.fromkeys(COUNTED, 0)
    unlisted: set[str] = set()
    for path in counts:
        shard = json.loads(Path(path).read_text())
        if shard["read"] != shard["alerts"] + shard["rejected"] + shard["duplicates"]:
            raise ValueError(f"{path}: packets read are not alerts + rejected + duplicates")
        for name in COUNTED:
            total[name] += shard[name]
        unlisted.update(shard["unlisted_fields"])
    write_json({**total, "unlisted_fields": sorted(unlisted)}, output)
    return total
