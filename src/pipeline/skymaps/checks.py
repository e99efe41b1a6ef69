"""What only the whole configuration shows to be wrong with how events are scanned."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.contract.address import written
from pipeline.contract.request import Request
from pipeline.events.domain import EventRow, events
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.recos.registry import names
from pipeline.skymaps.scanner.kind import is_result


def scanned_here(request: Request) -> list[EventRow]:
    """Return the events that are no results of the Skymap Scanner."""
    return [row for row in events(request) if not is_result(row.path)]


def _results_as_they_are(request: Request) -> Iterator[str]:
    """Tell of what a result of the Skymap Scanner cannot be asked for."""
    for row in events(request):
        if not is_result(row.path):
            continue
        where = f"{request.config.events}: event {row.event}"
        if row.nsides or row.chunks:
            yield (
                f"{where}: {written(row.path)} is a result of the Skymap Scanner, which is not "
                "scanned again: leave nsides and chunks empty"
            )
        if row.reco and not re.fullmatch(r"[\w.+-]{1,64}", row.reco, re.ASCII):
            yield (
                f"{where}: reco {row.reco[:80]!r}: expected a word of letters, digits and _ . + - "
                "that says what fitted the result"
            )


def _known_recos(request: Request) -> Iterator[str]:
    known = names()
    for row in scanned_here(request):
        reco = row.reco or request.config.skymaps.reco
        if reco not in known:
            where = f"{request.config.events}: event {row.event}" if row.reco else "skymaps.reco"
            yield f"{where}: no reconstruction {reco!r}; there are {', '.join(known)}"


def _pointed_or_calibrated(request: Request) -> Iterator[str]:
    section = request.config.skymaps
    if section.pointed and section.calibration is not None:
        yield "skymaps.calibration: a pointed scan cannot be calibrated; take one of the two out"


def _pointed_at_one_nside(request: Request) -> Iterator[str]:
    """Tell of levels that a pointed scan would not use (`pipeline.skymaps.scan.pixels.choose`)."""
    section = request.config.skymaps
    for row in scanned_here(request) if section.pointed else ():
        nsides = row.nsides or section.nsides
        first, *unused = parse_nsides(nsides)
        if unused:
            where = (
                f"{request.config.events}: event {row.event}: nsides"
                if row.nsides
                else "skymaps.nsides"
            )
            yield (
                f"{where}: {nsides!r}: a pointed scan looks at the first nside alone, which is "
                f"{first.nside} here: give one, 64:0 or finer, or take skymaps.pointed out"
            )


def _sound_geometry(request: Request) -> Iterator[str]:
    """Tell what is wrong with a geometry of the user's own, or which events it does not fit.

    One that is not there is told of with all inputs (``workflow/rules/inputs.smk``).
    """
    path, rows = request.config.skymaps.geometry, scanned_here(request)
    if path is None or not rows or not Path(path).is_file():
        return
    # 0.2 s to import, and 20 ms an event: for those alone who bring a geometry.
    from pipeline.events.detector_check import geometry_problems, missing_doms  # noqa: PLC0415

    problems = list(geometry_problems(path))
    problems = problems or list(missing_doms([row.path for row in rows], path))
    yield from (f"skymaps.geometry: {problem}" for problem in problems)


CHECKS = (
    _results_as_they_are,
    _known_recos,
    _pointed_or_calibrated,
    _pointed_at_one_nside,
    _sound_geometry,
)
