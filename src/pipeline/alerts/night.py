"""A night's sum of its shards, and the removal of what an earlier sharding left."""

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline.io.atomic import write_json

COUNTED = ("read", "alerts", "rejected", "duplicates", "history")


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


def remove_stale_shards(folders: Iterable[Path], shards: Iterable[str]) -> list[Path]:
    """Remove files of shards that a night no longer has.

    A night cut into 7 shards and later into 3 would keep four of the old files, and whoever
    reads the folder as one table would see their alerts twice.

    Parameters
    ----------
    folders : iterable of Path
        ``results/<table>/<survey>/<night>``, and of the counts.
    shards : iterable of str
        Names of the shards that there are now.

    Returns
    -------
    list of Path
        What was removed.
    """
    current = set(shards)
    stale = [
        path
        for folder in map(Path, folders)
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name.lstrip(".").split(".")[0] not in current
    ]
    for path in stale:
        path.unlink()
    return stale
