"""The keys of section ``archive`` that are about matchfiles, and what comes of them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from pydantic import Field

from pipeline.archive.places import MATCHFILE, MATCHFILE_RECEIPT, MATCHFILE_TABLES
from pipeline.contract.costs import need_of
from pipeline.contract.need import Need, total_mb
from pipeline.contract.request import Request
from pipeline.contract.section import FilePath, Section
from pipeline.contract.work import Work, named


class MatchfileKeys(Section):
    """Light curves that are not of alerts."""

    matchfiles: list[FilePath] = Field(
        [], description="ZTF's matchfiles (.pytable), made into tables, and sources of a MongoDB"
    )


def files(request: Request) -> dict[str, str]:
    """Return the matchfiles by their names."""
    archive = request.config.archive
    return {} if archive is None else {name_of(path): path for path in archive.matchfiles}


def name_of(path: str) -> str:
    """Return what a matchfile is called.

    >>> name_of("data/ztf_000245_zr_c10_q1_match.pytable")
    'ztf_000245_zr_c10_q1_match'
    """
    return PurePath(path).stem


def targets(request: Request) -> list[str]:
    """Return the tables, or the receipts where there is a MongoDB."""
    names = files(request)
    patterns = MATCHFILE_TABLES
    if names and request.config.archive.uri is not None:
        patterns = (MATCHFILE_RECEIPT,)
    return [pattern.format(matchfile=name) for name in names for pattern in patterns]


def need(rule: str, path: str) -> Need:
    """Return what a job of `rule` needs for a matchfile."""
    return need_of(rule, {"MB": total_mb([path])})


def work(request: Request) -> Iterator[Work]:
    """Yield what this takes."""
    for name, path in files(request).items():
        yield Work("read_matchfile", name, 1, need("read_matchfile", path), once=True)
        if request.config.archive.uri is not None:
            after = (named("read_matchfile", name),)
            job = need("ingest_matchfile", path)
            yield Work("ingest_matchfile", name, 1, job, after=after, once=True)


def wrong(request: Request) -> Iterator[str]:
    """Yield what is wrong with their names, which become those of results."""
    archive = request.config.archive
    paths = [] if archive is None else archive.matchfiles
    for name, number in Counter(map(name_of, paths)).items():
        if number > 1:
            yield f"archive.matchfiles: {number} files are called {name}"
        if not MATCHFILE.fullmatch(name):
            yield f"archive.matchfiles: {name!r}: a name has letters, digits, _ and - only"
