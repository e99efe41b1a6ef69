"""Remove results that the configuration no longer makes, where a reader would pick them up.

``pd.read_parquet("results/scores/ztf/20180201")`` reads whatever lies in that folder. A
night that is cut into fewer shards, or whose survey has lost its last model or catalogue,
would leave files of an earlier configuration there. Nights that are not in ``alerts.tsv``
(any more) are left alone: they are results of their own.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.alerts.domain import nights
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.plan.domains import DOMAINS, TABLES
from pipeline.plan.targets import tables_of


def remove_stale(request: Request, directory: Path = Path()) -> list[Path]:
    """Remove the shards of the configured nights that the configuration does not make.

    To be called in the main process only, when jobs are about to run.

    Parameters
    ----------
    request : Request
    directory : Path
        The workflow's working directory.

    Returns
    -------
    list of Path
        What was removed.
    """
    stale = list(stale_files(request, directory))
    for path in stale:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in stale}:
        if not any(folder.iterdir()):
            folder.rmdir()
    return stale


def stale_files(request: Request, directory: Path = Path()) -> Iterator[Path]:
    """Yield what `remove_stale` would remove."""
    tables = [paths.table(table.name) for table in TABLES]
    others = [pattern for domain in DOMAINS for pattern in domain.shard_files]
    for night in nights(request):
        made = {paths.table(table.name) for table in tables_of(request, night.survey)}
        for pattern in (*tables, *others):
            kept = paths.shard_names(night) if pattern in {*made, *others} else []
            file = pattern.format(survey=night.survey, night=night.night, shard="0")
            yield from _others(directory.joinpath(file).parent, set(kept))
    for domain in DOMAINS:
        for folder, names in domain.kept(request):
            yield from _others(directory / folder, names)


def _others(folder: Path, kept: set[str]) -> Iterator[Path]:
    """Yield the files of a folder that are of none of the shards, half-written ones included."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name.lstrip(".").split(".")[0] not in kept:
                yield path
