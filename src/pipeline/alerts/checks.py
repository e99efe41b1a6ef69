"""What is wrong with ``alerts.tsv`` before any job."""

import os
from collections.abc import Iterator

from pipeline.alerts.dumps import COMPRESSED_TARS, DUMP_SUFFIXES
from pipeline.alerts.night import nights
from pipeline.alerts.surveys.registry import names, unknown
from pipeline.contract import paths
from pipeline.contract.request import Request


def _parts_of_what_can_be_cut(request: Request) -> Iterator[str]:
    for night in nights(request):
        if night.parts > 1 and night.dump.endswith(COMPRESSED_TARS):
            yield (
                f"{request.config.alerts}: {night.path}: parts: a compressed tarball is read from "
                f"its beginning, by one job; leave parts empty, or unpack it"
            )


def _known_surveys(request: Request) -> Iterator[str]:
    yield from unknown(request.config.alerts, [night.survey for night in nights(request)])
    yield from unknown("history", request.config.history)


def _usable_surveys(request: Request) -> Iterator[str]:
    from pipeline.alerts.surveys.check import wrong_with  # noqa: PLC0415 - imports surveys

    there = set(names()) & {night.survey for night in nights(request)}
    for survey in sorted(there):
        yield from (f"survey {survey}: {line}" for line in wrong_with(survey))


def _kinds_of_dumps(request: Request) -> Iterator[str]:
    for night in nights(request):
        if not night.is_url and paths.unknown_kind(night.path, night.path, DUMP_SUFFIXES):
            expected = ", ".join(DUMP_SUFFIXES)
            yield (
                f"{request.config.alerts}: {night.path} is no folder and ends in none of {expected}"
            )


def _dumps_among_results(request: Request) -> Iterator[str]:
    results = os.path.abspath(paths.RESULTS)
    for night in nights(request):
        dump = os.path.abspath(night.path)
        if not night.is_url and os.path.commonpath([dump, results]) in (dump, results):
            yield (
                f"{request.config.alerts}: {night.path}: a dump lies outside of {paths.RESULTS}/, "
                f"which is the workflow's own, and does not hold it"
            )


CHECKS = (
    _known_surveys,
    _usable_surveys,
    _kinds_of_dumps,
    _dumps_among_results,
    _parts_of_what_can_be_cut,
)
