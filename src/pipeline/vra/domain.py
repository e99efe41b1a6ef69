"""Section ``vra``: the assistant that learns from a person which alerts are worth a look."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.alerts.domain import Night, kind_of, night_name, nights, packets_of
from pipeline.alerts.surveys.registry import unknown
from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.request import Request
from pipeline.contract.trial import Trials
from pipeline.contract.work import UNKNOWN, Expected, Work, named
from pipeline.vra.configured import Assistant
from pipeline.vra.need import (
    context_need,
    features_need,
    scores_need,
    vra_bench_need,
    vra_bench_summary_need,
    vra_worklist_need,
)
from pipeline.vra.places import (
    CAMPAIGN,
    CLOSED,
    CURVES,
    CURVES_PNG,
    DUST_FILES,
    MLFLOW_RECEIPT,
    WORKLIST,
    is_closed,
    round_name,
    rounds,
)
from pipeline.vra.rounds.allowed import class_name
from pipeline.vra.rounds.class_maps import class_map


def dust_files(section: Assistant) -> list[str]:
    """Return the files of the dust map; none if there is none."""
    folder = section.dust_map
    return [] if folder is None else [str(Path(folder, name)) for name in DUST_FILES]


def context_by(request: Request) -> dict[str, Any]:
    """Return by what an alert's class and host are told; nothing without context."""
    section = request.config.vra
    if section is None or section.context is None:
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


def pool_tables(request: Request) -> list[str]:
    """Return the files of the table ``features`` of all nights of the pool."""
    return paths.of_shards(paths.table("features"), nights_of_pool(request))


def nights_of_pool(request: Request) -> list[Night]:
    """Return the nights whose alerts are in the pool."""
    section = request.config.vra
    return [] if section is None else [n for n in nights(request) if n.survey == section.survey]


def _made(request: Request, survey: str) -> bool:
    return request.config.vra is not None and request.config.vra.survey == survey


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    for night in nights_of_pool(request):
        of = night_name(night)
        job = features_need(packets_of(night, expected), night.shards, kind_of(night, expected))
        after: tuple[str, ...] = (named("decode", of), named("filter", of))
        if request.config.vra.context is not None:
            need = context_need(packets_of(night, expected), night.shards, kind_of(night, expected))
            yield Work("context", of, night.shards, need, after=(*after, named("match", of)))
            after = (*after, named("context", of))
        yield Work("features", of, night.shards, job, after=after)
        if request.config.vra.promoted is not None:
            scores = scores_need(
                packets_of(night, expected), night.shards, kind_of(night, expected)
            )
            yield Work("assistant_scores", of, night.shards, scores, after=(named("features", of),))
    if nights_of_pool(request):
        yield from _learning_work(request, expected)


def pool_packets(request: Request, expected: Expected = UNKNOWN) -> int:
    """Return how many packets the nights of the pool have."""
    return sum(packets_of(night, expected) for night in nights_of_pool(request))


def _learning_work(request: Request, expected: Expected) -> Iterator[Work]:
    """Yield what opens the first round (nobody knows when people close it), and the bench."""
    section = request.config.vra
    after = tuple(named("features", night_name(n)) for n in nights_of_pool(request))
    if section.rounds is not None:
        job = vra_worklist_need(pool_packets(request, expected))
        yield Work("vra_worklist", section.experiment, 1, job, after=after, once=True)
    if section.bench is not None:
        yield from _bench_work(section, pool_packets(request, expected), after)


def _bench_work(section: Assistant, packets: int, after: tuple[str, ...]) -> Iterator[Work]:
    of, number = section.experiment, len(campaigns(section))
    yield Work("vra_bench", of, number, vra_bench_need(packets), after=after)
    summary = vra_bench_summary_need(number)
    yield Work("vra_bench_summary", of, 1, summary, after=(named("vra_bench", of),))


def campaigns(section: Assistant) -> list[str]:
    """Return the files of a bench's campaigns: strategy, size and seed."""
    bench = section.bench
    if bench is None:
        return []
    return [
        CAMPAIGN.format(experiment=section.experiment, strategy=strategy, size=size, seed=seed)
        for strategy in dict.fromkeys(bench.strategies)
        for size in dict.fromkeys(bench.sizes)
        for seed in range(bench.seeds)
    ]


def _targets(request: Request) -> list[str]:
    """Return the bench's curves, the open round's worklist, and what follows if it can close."""
    section = request.config.vra
    if section is None or not nights_of_pool(request):
        return []
    return [*_of_rounds(section), *_of_bench(section)]


def _of_bench(section: Assistant) -> list[str]:
    experiment = {"experiment": section.experiment}
    return [] if section.bench is None else [p.format(**experiment) for p in (CURVES, CURVES_PNG)]


def _of_rounds(section: Assistant) -> list[str]:
    if section.rounds is None:
        return []
    from pipeline.vra.rounds.began import status_of  # noqa: PLC0415 - rounds are few who have any

    status = status_of(Path(), section.experiment)
    mirror = mirror_receipt(section) if closed_or_closing(section) else []
    if status.began is None:
        return [of_round(section.experiment, WORKLIST, status.round), *mirror]
    if not status.can_close:
        return mirror
    closed = of_round(section.experiment, CLOSED, status.round)
    return [closed, of_round(section.experiment, WORKLIST, status.round + 1), *mirror]


def mirror_receipt(section: Assistant) -> list[str]:
    """Return the receipt of MLflow's mirror, if there is to be one."""
    if section.mlflow is None:
        return []
    return [MLFLOW_RECEIPT.format(experiment=section.experiment)]


def closed_or_closing(section: Assistant) -> dict[int, str]:
    """Return the folders of the rounds that are closed when a run has ended, by round."""
    from pipeline.vra.rounds.began import status_of  # noqa: PLC0415 - rounds are few who have any

    here, of = Path(), section.experiment
    numbers = [n for n in rounds(here, of) if is_closed(here, of, n)]
    status = status_of(Path(), section.experiment)
    numbers += [status.round] if status.can_close and section.rounds is not None else []
    return {number: of_round(section.experiment, CLOSED, number) for number in numbers}


def of_round(experiment: str, pattern: str, number: int) -> str:
    """Return a file of a round."""
    return pattern.format(experiment=experiment, round=round_name(number))


def _found(directory: Path) -> Iterator[str]:
    from pipeline.vra.bench.curves import bench_lines  # noqa: PLC0415 - for the cli alone
    from pipeline.vra.mirror.found import mirror_lines  # noqa: PLC0415
    from pipeline.vra.rounds.began import rounds_lines  # noqa: PLC0415

    yield from rounds_lines(directory)
    yield from mirror_lines(directory)
    yield from bench_lines(directory)


_NEEDED = ("sklearn", "skops", "skl2onnx")
_NEEDED_TO_MIRROR = ("mlflow", "sqlalchemy", "alembic")


def _unready(request: Request) -> Iterator[str]:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        yield f"vra.rounds: {', '.join(missing)} not installed: pip install 'nightmill[vra]'"


def _unready_to_mirror(request: Request) -> Iterator[str]:
    missing = [name for name in _NEEDED_TO_MIRROR if find_spec(name) is None]
    if missing:
        yield f"vra.mlflow: {', '.join(missing)} not installed: pip install 'nightmill[mlflow]'"


def _known(request: Request) -> Iterator[str]:
    section = request.config.vra
    if section is None:
        return
    yield from unknown("vra.survey", [section.survey])
    if request.config.filters is None:
        yield f"vra.filter: {section.filter}: the configuration has no filters"
    if section.promoted is not None and not is_closed(Path(), section.experiment, section.promoted):
        yield f"vra.promoted: round {section.promoted} of {section.experiment} is not closed"
    if section.rounds is not None:
        for where, look in (
            ("classes", lambda: class_map(section.rounds.classes)),
            ("classifier", lambda: class_name(section.rounds.classifier)),
        ):
            try:
                look()
            except ValueError as error:
                yield f"vra.rounds.{where}: {error}"


def _roles(request: Request) -> Iterator[str]:
    """Yield what is wrong with the catalogues that give context."""
    section = request.config.vra
    if section is None or section.context is None:
        return
    for role, names in section.context.roles.items():
        for name in names:
            entry, where = request.config.catalogs.get(name), f"vra.context.roles.{role}: {name}"
            if entry is None:
                there = ", ".join(request.config.catalogs) or "none"
                yield f"{where}: is not among the catalogues: {there}"
            elif section.survey not in entry.surveys:
                yield f"{where}: catalogs.{name}.surveys does not list {section.survey}"
            elif entry.alerts is not None:
                yield f"{where}: holds alerts, of which some are later than the alert itself"


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
    targets=_targets,
    work=_work,
    checks=(_known, _roles),
    trials=_trials,
    ready={"vra_close": _unready, "vra_mirror": _unready_to_mirror},
    found=_found,
)
