"""What `nightmill check` looks at in ``alerts.tsv``: each dump's beginning, or its address."""

from functools import partial
from pathlib import Path

from pipeline.alerts.domain import Night, nights
from pipeline.alerts.recognise import surveys_of
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.io.fetch import size_at


def trials(request: Request) -> Trials:
    """Yield what is found of each night."""
    for night in nights(request):
        where = f"{request.config.alerts}: {night.survey} {night.night}: {night.path}"
        look = _address if night.is_url else _dump
        yield tried(where, partial(look, night))


def _dump(night: Night) -> str:
    schemas = Path(night.schemas) if night.schemas else None
    found = surveys_of(Path(night.path), schemas)
    if night.survey not in found:
        like = f"they look like {' or '.join(found)}" if found else "none can be read"
        raise ValueError(f"no packets of {night.survey} at its beginning: {like}")
    return f"packets of {night.survey}"


def _address(night: Night) -> str:
    size = size_at(night.path)
    return "there" if size is None else f"{size / 1e6:,.0f} MB"
