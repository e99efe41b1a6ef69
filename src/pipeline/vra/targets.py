"""What a run makes of the assistant's, by what is on disk."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contract.request import Request
from pipeline.vra.configured import Assistant
from pipeline.vra.nights import nights_of_pool
from pipeline.vra.places import (
    CAMPAIGN,
    CLOSED,
    CURVES,
    CURVES_PNG,
    DRIFT,
    DRIFT_PNG,
    MLFLOW_RECEIPT,
    WORKLIST,
    is_closed,
    round_name,
    rounds,
)

if TYPE_CHECKING:
    from pipeline.vra.rounds.began import Status


def targets(request: Request) -> list[str]:
    """Return the bench's curves, the open round's worklist, and what follows if it can close."""
    section = request.config.vra
    if section is None or not nights_of_pool(request):
        return []
    return [*_of_rounds(section), *_of_bench(section), *_of_drift(request)]


def _of_drift(request: Request) -> list[str]:
    return [
        path
        for night in nights_of_pool(request)
        for path in drift_files(request.config.vra, night.survey, night.night)
    ]


def drift_files(section: Assistant, survey: str, night: str) -> list[str]:
    """Return table and picture of a night's drift; nothing where no round is promoted."""
    if section.promoted is None:
        return []
    of = {"experiment": section.experiment, "survey": survey, "night": night}
    return [pattern.format(**of) for pattern in (DRIFT, DRIFT_PNG)]


def _of_rounds(section: Assistant) -> list[str]:
    if section.rounds is None:
        return []
    from pipeline.vra.rounds.began import status_of  # noqa: PLC0415 - rounds are few who have any

    status = status_of(Path(), section.experiment)
    mirror = mirror_receipt(section) if closed_or_closing(section, status) else []
    if status.can_begin:
        return [of_round(section.experiment, WORKLIST, status.round), *mirror]
    if not status.can_close:
        return mirror
    closed = of_round(section.experiment, CLOSED, status.round)
    return [closed, of_round(section.experiment, WORKLIST, status.round + 1), *mirror]


def _of_bench(section: Assistant) -> list[str]:
    experiment = {"experiment": section.experiment}
    return [] if section.bench is None else [p.format(**experiment) for p in (CURVES, CURVES_PNG)]


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


def mirror_receipt(section: Assistant) -> list[str]:
    """Return the receipt of MLflow's mirror, if there is to be one."""
    if section.mlflow is None:
        return []
    return [MLFLOW_RECEIPT.format(experiment=section.experiment)]


def closed_or_closing(section: Assistant, status: "Status") -> dict[int, str]:
    """Return the folders of the rounds that are closed when a run has ended, by round.

    Parameters
    ----------
    section : Assistant
    status : Status
        Of its experiment: all labels are read for it, once a plan is enough.
    """
    here, of = Path(), section.experiment
    numbers = [n for n in rounds(here, of) if is_closed(here, of, n)]
    numbers += [status.round] if status.can_close and section.rounds is not None else []
    return {number: of_round(section.experiment, CLOSED, number) for number in numbers}


def of_round(experiment: str, pattern: str, number: int) -> str:
    """Return a file of a round."""
    return pattern.format(experiment=experiment, round=round_name(number))
