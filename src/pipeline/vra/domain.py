"""Section ``vra``: the assistant that learns from a person which alerts are worth a look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.alerts.domain import shards_of
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials
from pipeline.vra.checks import CHECKS, unready, unready_to_mirror
from pipeline.vra.configured import Assistant
from pipeline.vra.nights import nights_of_pool
from pipeline.vra.places import DUST_FILES
from pipeline.vra.targets import drift_files, targets
from pipeline.vra.work import work


def dust_files(section: Assistant) -> list[str]:
    """Return the files of the dust map; none if there is none."""
    folder = section.dust_map
    return [] if folder is None else [str(Path(folder, name)) for name in DUST_FILES]


def context_by(request: Request) -> dict[str, Any]:
    """Return by what an alert's class and host are told; nothing without context."""
    section = request.config.vra
    if section is None or section.context is None or section.context.lasair is not None:
        return {}
    roles = section.context.roles
    entries = {name: request.config.catalogs[name] for names in roles.values() for name in names}
    cones = (f"{name} within {e.radius(section.survey):g}" for name, e in entries.items())
    return {
        "roles": roles,
        "at_it_arcsec": section.context.at_it_arcsec,
        "looked": f"nothing of {', '.join(cones)} arcsec",
    }


def _trials(request: Request) -> Trials:
    from pipeline.vra.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


def _made(request: Request, survey: str) -> bool:
    return request.config.vra is not None and request.config.vra.survey == survey


def _found(directory: Path) -> Iterator[str]:
    from pipeline.vra.bench.curves import bench_lines  # noqa: PLC0415 - for the cli alone
    from pipeline.vra.mirror.found import mirror_lines  # noqa: PLC0415
    from pipeline.vra.rounds.began import rounds_lines  # noqa: PLC0415

    yield from rounds_lines(directory)
    yield from mirror_lines(directory)
    yield from bench_lines(directory)


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    made = _made(request, survey)
    there = {"features": made, "context": made and request.config.vra.context is not None}
    there["assistant_scores"] = made and request.config.vra.promoted is not None
    return {
        name: shards_of(request, paths.table(name), survey, night) if is_there else []
        for name, is_there in there.items()
    }


def _page_files(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    files = drift_files(request.config.vra, survey, night) if _made(request, survey) else []
    return {"drift": files[:1], "drift_picture": files[1:]}


VRA = Domain(
    name="vra",
    keys=(
        Key(
            "vra",
            Assistant | None,
            "the assistant: features, labels, rounds of learning; if absent there is none",
            section=Assistant,
        ),
    ),
    active=lambda request: bool(nights_of_pool(request)),
    tables=(
        Table(
            "features",
            "alert of the assistant's pool",
            ("survey", "candid"),
            "pipeline.vra.features_table:FEATURES_SCHEMA",
            made="the assistant is on (`vra`)",
            made_for=_made,
        ),
        Table(
            "context",
            "alert that passed the assistant's filter",
            ("survey", "candid"),
            "pipeline.vra.context.table:CONTEXT_SCHEMA",
            made="the assistant asks for it (`vra.context`)",
            made_for=lambda request, survey: (
                _made(request, survey) and request.config.vra.context is not None
            ),
        ),
        Table(
            "assistant_scores",
            "alert of the assistant's pool",
            ("survey", "candid"),
            "pipeline.vra.scores_table:ASSISTANT_SCORES_SCHEMA",
            made="a round's model is promoted (`vra.promoted`)",
            made_for=lambda request, survey: (
                _made(request, survey) and request.config.vra.promoted is not None
            ),
        ),
    ),
    targets=targets,
    work=work,
    checks=CHECKS,
    trials=_trials,
    ready={"vra_close": unready, "vra_mirror": unready_to_mirror},
    found=_found,
    page=Page(
        title="Assistant",
        order=37,
        section="pipeline.vra.page:section",
        facts="pipeline.vra.page:facts",
        ranking="pipeline.vra.page:ranking",
        about="pipeline.vra.page:about",
        tables=_page_tables,
        files=_page_files,
    ),
)
