"""What `nightmill check` looks at in ``events.tsv``: whether each file can be read."""

from functools import partial

from pipeline.contract.address import is_to_come, written
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.events.domain import events
from pipeline.events.files import read_event
from pipeline.skymaps.scanner.kind import is_result
from pipeline.skymaps.scanner.result import read_result


def trials(request: Request) -> Trials:
    """Yield what is found of each event."""
    for row in events(request):
        if not is_to_come(row.path):
            where = f"{request.config.events}: {row.event}: {written(row.path)}"
            yield tried(where, partial(_look, row.path, request.config.skymaps.geometry))


def _look(path: str, geometry: str | None) -> str:
    if is_result(path):
        found = read_result(path)
        nsides = ", ".join(str(level.nside) for level in found.levels)
        return f"a result of the Skymap Scanner, nsides {nsides}"
    event = read_event(path, geometry)
    return f"run {event.run_id}, event {event.event_id}, {len(event.pulses)} pulses"
