"""What `nightmill check` looks at in ``maps.tsv``: whether each map that is a file can be read."""

from functools import partial

from pipeline.contract.address import is_to_come, written
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.maps.domain import MapRow
from pipeline.maps.source import MapSource, open_map


def trials(request: Request) -> Trials:
    """Yield what is found of each map."""
    rows: tuple[MapRow, ...] = request.of("maps")
    for row in rows:
        if row.path is not None and not is_to_come(row.path):
            where = f"{request.config.maps}: {row.event}: {written(row.path)}"
            yield tried(where, partial(_look, row.source))


def _look(source: MapSource) -> str:
    open_map(source)
    return "a map"
