"""The words in which a domain says what it is: one `Domain` in its ``domain.py``.

Everything that lists sections, tables, targets or checks is derived from these
(`pipeline.plan`): nothing else lists them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import Section
from pipeline.contract.trial import Trials
from pipeline.contract.work import Expected, Work


@dataclass(frozen=True)
class Key:
    """A key at the top of the configuration.

    Attributes
    ----------
    name : str
    type : Any
        What a value must be: a type for pydantic, such as ``str | None`` or a `Section`.
    description : str
        Its comment in ``config.yaml``.
    default : Any
        Its value where it is absent.
    section : type of Section, optional
        What an entry is, where the value is a mapping of named entries; or the section.
    example : mapping, optional
        Values that stand in ``config.yaml``: for named entries, under the entry's name.
    """

    name: str
    type: Any
    description: str
    default: Any = None
    section: type[Section] | None = None
    example: Any = None


@dataclass(frozen=True)
class Lines:
    """A table of inputs that a key of the configuration names, such as ``alerts.tsv``.

    Attributes
    ----------
    key : str
        The key of the configuration.
    model : type of Section
        What a line is.
    identity : tuple of str
        Columns that name a line: no two lines share them.
    """

    key: str
    model: type[Section]
    identity: tuple[str, ...]


def _everywhere(request: Request, survey: str) -> bool:
    return True


def _nothing(request: Request, survey: str) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True)
class Table:
    """A table under ``results/``: a parquet file for each shard of a night.

    Attributes
    ----------
    name : str
        Its folder.
    row : str
        What one row is, for the documents.
    keys : tuple of str
        The columns that name a row of a night; none if nothing does.
    schema : str
        Where its columns are defined, as ``module:attribute``: nothing is imported here.
    made : str
        Where it is made, in words for the documents: what `made_for` says.
    made_for : callable
        Whether a configuration makes it for a survey.
    asked : bool
        Whether a night's targets ask for it; one that comes along with others need not.
    fixed : tuple of str
        Columns that it has whatever is configured, where the configuration adds some.
    added : callable
        What the configuration adds for a survey: pairs of the entry that does and a column.
    """

    name: str
    row: str
    keys: tuple[str, ...]
    schema: str
    made: str = "always"
    made_for: Callable[[Request, str], bool] = _everywhere
    asked: bool = True
    fixed: tuple[str, ...] = ()
    added: Callable[[Request, str], Iterable[tuple[str, str]]] = _nothing


def _always(request: Request) -> bool:
    return True


def _kept_nothing(request: Request) -> Iterable[tuple[str, set[str]]]:
    return ()


def _no_targets(request: Request) -> list[str]:
    return []


def _no_work(request: Request, expected: Expected) -> Iterable[Work]:
    return ()


def _no_trials(request: Request) -> Trials:
    return ()


def _no_notes(request: Request, expected: Expected, cores: int) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Domain:
    """What one folder of the package brings to the workflow.

    Attributes
    ----------
    name : str
        Of the folder, and of its rules in ``workflow/rules/<name>.smk``.
    keys : tuple of Key
        The keys of the configuration that are its own.
    lines : tuple of Lines
        The input tables that are its own.
    active : callable
        Whether a configuration uses it: only then are its rules included.
    rules : bool
        Whether it has any.
    tables : tuple of Table
        A file a shard each.
    shard_files : tuple of str
        Further patterns with a file a shard (`pipeline.contract.paths`), such as counts.
    kept : callable
        Patterns of further files with `pipeline.contract.paths.NUMBER` in their names, and the
        numbers that the configuration says: files of others are of an earlier configuration.
    targets : callable
        The files to ask for, beside the tables.
    work : callable
        The jobs that make all this from nothing, and what they need (`pipeline.contract.work`).
    notes : callable
        Lines about those figures for some cores: what is not known, what would be better.
    checks : tuple of callable
        What only the whole configuration shows to be wrong: each yields one line a problem,
        which says where it is and what to do. They run before any job.
    ready : mapping of str to callable
        For rules that need a service: why it cannot be used now, a line each; asked once,
        before the first job of a run in which such a rule has any.
    trials : callable
        What `nightmill check` looks at: files and addresses that the configuration names.
    found : callable, optional
        Lines for a person about what a working directory holds of it.
    page : Page, optional
        What it brings to the morning page.
    """

    name: str
    keys: tuple[Key, ...] = ()
    lines: tuple[Lines, ...] = ()
    active: Callable[[Request], bool] = _always
    rules: bool = True
    tables: tuple[Table, ...] = ()
    shard_files: tuple[str, ...] = ()
    kept: Callable[[Request], Iterable[tuple[str, set[str]]]] = _kept_nothing
    targets: Callable[[Request], list[str]] = _no_targets
    work: Callable[[Request, Expected], Iterable[Work]] = _no_work
    notes: Callable[[Request, Expected, int], Iterable[str]] = _no_notes
    checks: tuple[Callable[[Request], Iterable[str]], ...] = ()
    ready: Mapping[str, Callable[[Request], Iterable[str]]] = field(default_factory=dict)
    trials: Callable[[Request], Trials] = _no_trials
    found: Callable[[Path], Iterable[str]] | None = None
    page: Page | None = None
