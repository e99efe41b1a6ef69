"""Which files a night must have, and that they are there: no part is an answer.

What a night must have its results tell: the counts of its shards, which are written when their
tables are complete. A night whose counts are gone has its cone index, which names the tables
that it was made of.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.alerts.places import COUNTS, EVERY_SHARD, SUMMARY
from pipeline.archive.cones.index import open_meta
from pipeline.archive.places import CONES, DOCUMENTS
from pipeline.archive.readable import NotWhole, anew, named
from pipeline.archive.tables import ALERTS, NightTables, nights_of, table_names
from pipeline.contract import paths


def whole_nights(directory: Path, table: str, survey: str = "*") -> list[NightTables]:
    """Return the nights of a table, by survey and night; each has all its shards.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    table : str
        One of `EVERY_SHARD` has all nights; others, which may not have been configured for
        each, those of which there is a shard.
    survey : str
        One of them, or ``*`` for all.

    Raises
    ------
    NotWhole
        If a shard is missing, or there is a file that is none.
    """
    made = _made(directory, survey)  # before the tables, as a night may be in the making
    nights = {(n.survey, n.night): n for n in nights_of(directory, table, survey)}
    lacking = []
    for night in nights.values():
        _no_more(directory, night, made.get((night.survey, night.night), set()))
    for name in sorted(made.keys() & nights.keys() if table not in EVERY_SHARD else made.keys()):
        there = {file.stem for file in nights[name].files} if name in nights else set()
        of = dict(zip(("survey", "night"), name, strict=True))
        left_out = sorted(made[name] - there)
        lacking += [paths.table(table).format(**of, shard=shard) for shard in left_out]
    _refuse(lacking)
    return list(nights.values())


def whole_documents(directory: Path, survey: str) -> Iterator[Path]:
    """Yield the files of a survey's documents, of all shards of its alerts.

    Raises
    ------
    NotWhole
        If those of a shard are missing.
    """
    found: list[Path] = []
    lacking = []
    for night in whole_nights(directory, ALERTS, survey):
        for table in night.files:
            folder = DOCUMENTS.format(survey=survey, night=night.night, shard=table.stem)
            files = sorted((directory / folder).glob("*.parquet"))
            if not (directory / folder).is_dir():
                lacking.append(folder)
            elif {file.stem for file in files} != set(map(str, range(len(files)))) or (
                not files and _has_rows(table)
            ):
                raise NotWhole(f"{folder}: lacks a file: {anew(folder)}")
            found += files
    _refuse(lacking)
    yield from found


def tables_of(directory: Path) -> list[str]:
    """Return the names of the tables that there are, or must be."""
    there = set(table_names(directory))
    return sorted(there | set(EVERY_SHARD) if _made(directory, "*") else there)


def surveys_of(directory: Path) -> list[str]:
    """Return the surveys that there are alerts of, or must be."""
    there = {night.survey for night in nights_of(directory, ALERTS)}
    return sorted(there | {survey for survey, _ in _made(directory, "*")})


def _made(directory: Path, survey: str) -> dict[tuple[str, str], set[str]]:
    """Return the shards that nights must have."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in directory.glob(COUNTS.format(survey=survey, night="*", shard="[0-9]" * 4)):
        found.setdefault((path.parts[-3], path.parts[-2]), set()).add(path.stem)
    for folder in directory.glob(CONES.format(survey=survey, night="*")):
        name = folder.parts[-2], folder.parts[-1]
        if name not in found:
            with suppress(ValueError):  # no index, which whoever uses it tells
                tables = open_meta(folder)["nights"].get(folder.name, ())
                found[name] = {Path(table).stem for table in tables}
    return found


def _no_more(directory: Path, night: NightTables, made: set[str]) -> None:
    """See that a night, once it is complete, has no file but its shards'.

    Raises
    ------
    NotWhole
    """
    more = [file for file in night.files if file.stem not in made]
    summary = directory / SUMMARY.format(survey=night.survey, night=night.night)
    if made and more and summary.exists():  # before, a shard's counts are still to come
        raise NotWhole(
            f"{more[0]}: is none of the night's {len(made)} shards, and its rows would be counted "
            "beside theirs: delete it, or let the workflow end if it makes the night anew"
        )


def _has_rows(table: Path) -> bool:
    with named([table]):
        return pq.read_metadata(table).num_rows > 0


def _refuse(lacking: list[str]) -> None:
    if lacking:
        more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        raise NotWhole(
            f"{lacking[0]}{more} is not there, and an answer without it would be a part: run the "
            f"workflow, or snakemake {lacking[0]}"
        )
