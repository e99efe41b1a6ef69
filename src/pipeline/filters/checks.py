"""What is wrong with filters, and with whom they need, before any job."""

from collections.abc import Iterator

from pipeline.alerts.domain import nights
from pipeline.alerts.surveys.registry import names
from pipeline.contract.request import Request
from pipeline.contract.section import of_survey
from pipeline.filters.configured import active, catalogs, server, skyportal, stored
from pipeline.filters.filter_file import FilterFileError


def unready_server(request: Request) -> Iterator[str]:
    """Yield why the MongoDB that runs what cannot be translated cannot be used now."""
    from pipeline.filters.unready import unready  # noqa: PLC0415 - imports pymongo

    for survey in sorted({night.survey for night in nights(request)}):
        if to := server(request, survey):
            yield from unready(to, [one.filter for one in active(request, survey)])


def unready_skyportal(request: Request) -> Iterator[str]:
    """Yield why there is no token for the SkyPortal that is posted to."""
    from pipeline.filters.post import PostError, read_token  # noqa: PLC0415 - for its check alone

    told = skyportal(request)
    if told is not None and told.url is not None:
        try:
            read_token(told.token_file)
        except PostError as error:
            yield f"filters.skyportal: {error}"


def _readable(request: Request) -> Iterator[str]:
    try:
        stored(request)
    except FilterFileError as error:
        yield f"filters.path: {error}"


def _known_surveys(request: Request) -> Iterator[str]:
    try:
        found = stored(request)
    except FilterFileError:
        return
    for one in found:
        if one.filter.survey not in names():
            known = ", ".join(sorted(names()))
            yield f"{one.where}: survey: {one.filter.survey!r} is none of {known}"


def _allowed(request: Request) -> Iterator[str]:
    from pipeline.filters.check import wrong_with  # noqa: PLC0415 - imports DuckDB and BSON

    try:
        found = stored(request)
    except FilterFileError:
        return
    archive = request.config.archive
    mongodb = archive is not None and archive.uri is not None
    for one in found:
        for line in wrong_with(one.filter, mongodb):
            yield f"{one.where}: {line}"


def _bound(request: Request) -> Iterator[str]:
    """Tell of columns that no view has: of filters that are run, as others need no tables."""
    surveys = {night.survey for night in nights(request)} & set(names())
    chosen = [one for survey in sorted(surveys) for one in active(request, survey)]
    for one in (one for one in chosen if one.filter.sql):
        from pipeline.alerts.surveys.registry import get_survey  # noqa: PLC0415 - reads columns
        from pipeline.filters.bound import unbound, view_schemas  # noqa: PLC0415 - imports DuckDB
        from pipeline.filters.check import wrong_with  # noqa: PLC0415

        if any(wrong_with(one.filter)):
            continue  # told already
        survey = one.filter.survey
        models = of_survey(request.config.models, survey)
        schemas = view_schemas(get_survey(survey), models, catalogs(request, survey))
        if said := unbound(one.filter.sql, schemas):
            yield f"{one.where}: sql: {said}"


CHECKS = (_readable, _known_surveys, _allowed, _bound)
