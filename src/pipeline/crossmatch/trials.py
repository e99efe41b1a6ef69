"""What `nightmill check` looks at in ``catalogs``: whether each has its columns, and rows."""

from functools import partial
from pathlib import Path

from pipeline.contract.address import is_to_come, written
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.entry import columns_read
from pipeline.crossmatch.readers import read_catalog


def trials(request: Request) -> Trials:
    """Yield what is found of each catalogue that is a file."""
    for name, catalog in request.config.catalogs.items():
        if catalog.path is not None and not is_to_come(catalog.path):
            where = f"catalogs.{name}: {written(catalog.path)}"
            yield tried(where, partial(_look, catalog, catalog.path))


def _look(catalog: Catalog, path: str) -> str:
    wanted = columns_read(catalog.source, catalog.id)
    rows = read_catalog(Path(path), wanted)
    first = next((batch for batch in rows.batches if batch.num_rows), None)
    if first is None:
        raise ValueError("has no rows")
    return f"has {', '.join(wanted)}"
