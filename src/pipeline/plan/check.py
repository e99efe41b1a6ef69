"""What only the whole configuration shows to be wrong, told before any job."""

from collections.abc import Iterator

from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.filters.configured import stored
from pipeline.filters.filter_file import FilterFileError
from pipeline.plan.domains import DOMAINS, TABLES


def check_request(request: Request) -> None:
    """Raise if parts of a configuration do not go together, or name what does not exist.

    Raises
    ------
    ConfigError
        One line for each problem: where it is and what to do.
    """
    if found := problems(request):
        raise ConfigError("\n".join(found))


def problems(request: Request) -> list[str]:
    """Return what only the whole configuration shows to be wrong, a line each."""
    checks = [check for domain in DOMAINS for check in domain.checks]
    lines = [*_same_columns(request), *(line for check in checks for line in check(request))]
    return list(dict.fromkeys([*lines, *_assistants_filter(request)]))


def _assistants_filter(request: Request) -> Iterator[str]:
    """Tell of an assistant whose pool no filter makes: it would be empty without a word."""
    section = request.config.vra
    if section is None or request.config.filters is None:
        return
    try:
        there = [one for one in stored(request) if one.filter.survey == section.survey]
    except FilterFileError:
        return  # told by the filters' own checks
    mine = [one for one in there if one.filter.name == section.filter]
    if not mine:
        names = ", ".join(sorted(one.filter.name for one in there)) or "none"
        yield f"vra.filter: {section.filter}: no filter of {section.survey}: there are {names}"
    elif not mine[0].active:
        yield f"vra.filter: {section.filter}: set `active: true` in {mine[0].file}: it does not run"


def _same_columns(request: Request) -> Iterator[str]:
    """Tell of columns of one name in a table of a survey."""
    sections = (getattr(request.config, key.name) for domain in DOMAINS for key in domain.keys)
    entries = [e for section in sections if isinstance(section, dict) for e in section.values()]
    surveys = {survey for entry in entries for survey in getattr(entry, "surveys", ())}
    for survey in sorted(surveys):
        for table in TABLES:
            taken = set(table.fixed)
            for where, column in table.added(request, survey):
                if column in taken:
                    yield f"{where}: a second column {column!r} in {table.name}: rename it"
                taken.add(column)
