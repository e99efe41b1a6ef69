"""What the rules of the archive do: one function a rule, its only entry."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def index_cones(
    tables: Iterable[str], survey: str, night: str, columns: str | list[str], output: str
) -> dict[str, Any]:
    """Sort a night's alerts into a cone index; see `pipeline.archive.cones.build`.

    Parameters
    ----------
    tables : iterable of str
        The shards of the table ``alerts``.
    survey, night : str
    columns : list of str, or "all"
        What the index has of an alert beside the keys.
    output : str
        The index, a folder.
    """
    from pipeline.archive.cones.build import build_index

    return build_index(list(map(Path, tables)), survey, night, columns, Path(output))


def merge_cones(indexes: Iterable[str], output: str) -> dict[str, Any]:
    """Merge the cone indexes of a month's nights; see `pipeline.archive.cones.merge`.

    Parameters
    ----------
    indexes : iterable of str
        Of one survey.
    output : str
        The index of all, a folder.
    """
    from pipeline.archive.cones.merge import merge_indexes

    return merge_indexes(list(map(Path, indexes)), Path(output))
