"""Which cone indexes stand for the tables as they are, and which nights have none."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.archive.cones.build import sorted_alerts
from pipeline.archive.cones.index import ConeIndex, open_index, open_meta
from pipeline.archive.cones.states import is_as_it_was
from pipeline.archive.places import COLUMNS, CONES, MONTH
from pipeline.archive.readable import named
from pipeline.archive.tables import ALERTS, NightTables
from pipeline.archive.whole import whole_nights

logger = logging.getLogger(__name__)


def indexes_of(directory: Path, survey: str) -> Iterator[ConeIndex]:
    """Yield indexes of all nights of a survey, as few as there are.

    A night without one, or with one of other tables than those that are there, is sorted
    now, in memory, and a warning tells so: the answer is the same, and takes longer.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    survey : str

    Raises
    ------
    pipeline.archive.readable.NotWhole
        If a shard of a night is missing, or cannot be read.
    """
    nights = {night.night: night for night in whole_nights(directory, ALERTS, survey)}
    left = dict(nights)
    for folder in _folders(directory, MONTH, survey):
        index = _usable(folder, nights)
        if index is not None and index.nights.keys() <= left.keys():
            left = {name: night for name, night in left.items() if name not in index.nights}
            yield index
    own = {folder.name: folder for folder in _folders(directory, CONES, survey)}
    none = len(left) == len(nights) and not own
    if none and left:
        logger.warning(
            "there are no cone indexes of %s: looked through its alerts instead; with "
            "`archive: {}` in the configuration the workflow makes them, for faster searches",
            survey,
        )
    for name, night in left.items():
        index = _usable(own[name], nights) if name in own else None
        if index is None:
            why = "was made of other tables" if name in own else "is not there"
            wanted = CONES.format(survey=survey, night=name)
            if not none:
                logger.warning(
                    "%s %s: looked through its alerts instead; run the workflow", wanted, why
                )
            with named(night.files):
                index = sorted_alerts(night.files, survey, name, COLUMNS)
        yield index


def indexed(directory: Path, survey: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the folder and meta.json of each index that is of the tables as they are."""
    nights = {night.night: night for night in whole_nights(directory, ALERTS, survey)}
    for pattern in (MONTH, CONES):
        for folder in _folders(directory, pattern, survey):
            index = _usable(folder, nights)
            if index is not None:
                yield str(folder.relative_to(directory)), index.meta


def _folders(directory: Path, pattern: str, survey: str) -> list[Path]:
    return sorted(directory.glob(pattern.format(survey=survey, night="*", month="*")))


def _usable(folder: Path, nights: dict[str, NightTables]) -> ConeIndex | None:
    """Return an index, if it is one and of the tables as they are."""
    try:
        meta = open_meta(folder)
        if all(_is_of(states, nights.get(name)) for name, states in meta["nights"].items()):
            return open_index(folder)
    except ValueError as error:
        logger.warning("%s", error)
    return None


def _is_of(states: dict[str, Any], night: NightTables | None) -> bool:
    if night is None:
        return False
    there = {file.name: file for file in night.files}
    return states.keys() == there.keys() and all(
        is_as_it_was(there[name], state) for name, state in states.items()
    )
