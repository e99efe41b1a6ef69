"""Remove results that the configuration no longer makes, where a reader would pick them up.

``pd.read_parquet("results/scores/ztf/20180201")`` reads whatever lies in that folder. A
night that is cut into fewer shards, or whose survey has lost its last model or catalogue,
would leave files of an earlier configuration there.

What has no name that the workflow gives is somebody else's and stays, as does what lies
behind a link: there it may be anybody's. Nights that are not in ``alerts.tsv`` (any more)
are left alone too: they are results of their own.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.alerts.domain import nights
from pipeline.contract import paths
from pipeline.contract.request import Request
from pipeline.io.atomic import temporary_name
from pipeline.plan.domains import DOMAINS, TABLES
from pipeline.plan.targets import tables_of


def remove(stale: Iterable[Path]) -> Iterator[Path]:
    """Remove what `stale_files` found, and yield each file as it goes.

    To be called when jobs run, and in one process only. Jobs may run beside it.
    """
    for path in stale:
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # somebody else's files are in it
                path.rmdir()
        elif path.is_symlink() or path.exists():
            path.unlink()
            yield path


def stale_files(request: Request, directory: Path = Path()) -> Iterator[Path]:
    """Yield the shards of the configured nights that the configuration does not make.

    Parameters
    ----------
    request : Request
    directory : Path
        The workflow's working directory.

    Yields
    ------
    Path
        A file, or a folder behind its files where none of it is made.
    """
    tables = [paths.table(table.name) for table in TABLES]
    others = [pattern for domain in DOMAINS for pattern in domain.shard_files]
    for night in nights(request):
        made = {paths.table(table.name) for table in tables_of(request, night.survey)}
        for pattern in (*tables, *others):
            kept = paths.shard_names(night) if pattern in {*made, *others} else []
            files = pattern.format(survey=night.survey, night=night.night, shard=paths.NUMBER)
            yield from _others(directory, files, set(kept))
    for domain in DOMAINS:
        for files, names in domain.kept(request):
            yield from _others(directory, files, names)


def _others(directory: Path, files: str, kept: set[str]) -> Iterator[Path]:
    """Yield the files of a numbered pattern that have none of the kept numbers.

    Half-written ones are included.
    """
    path = directory / files
    if not path.parent.is_dir() or _behind_a_link(directory, path.parent):
        return
    whole, half = (
        re.escape(name).replace(re.escape(paths.NUMBER), "([0-9]{4})")
        for name in (path.name, temporary_name(path.name))
    )
    ours = re.compile(f"(?:{whole}|{half})")
    found = False
    for other in sorted(path.parent.iterdir()):
        name = ours.fullmatch(other.name)
        if name is None or kept.intersection(name.groups()):
            continue
        if other.is_file() or other.is_symlink():
            found = True
            yield other
    if found and not kept and paths.NUMBER in path.name:
        yield path.parent


def _behind_a_link(directory: Path, folder: Path) -> bool:
    """Return whether a folder below ``results/`` is a link, or lies in one."""
    top = directory / paths.RESULTS
    return any(path.is_symlink() for path in (folder, *folder.parents) if top in path.parents)
