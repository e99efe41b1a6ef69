"""How much work the assistant is: what `nightmill plan` counts."""

from collections.abc import Iterator

from pipeline.alerts.domain import Night, kind_of, night_name, packets_of
from pipeline.contract.request import Request
from pipeline.contract.work import Expected, Work, named
from pipeline.vra.configured import Assistant
from pipeline.vra.need import (
    context_need,
    drift_need,
    features_need,
    scores_need,
    sherlock_need,
    vra_bench_need,
    vra_bench_summary_need,
    vra_worklist_need,
)
from pipeline.vra.nights import nights_of_pool, pool_packets
from pipeline.vra.targets import campaigns


def work(request: Request, expected: Expected) -> Iterator[Work]:
    """Yield what the assistant's rules do."""
    for night in nights_of_pool(request):
        of = night_name(night)
        job = features_need(packets_of(night, expected), night.shards, kind_of(night, expected))
        after: tuple[str, ...] = (named("decode", of), named("filter", of))
        if request.config.vra.context is not None:
            of_context = _context_work(request, night, expected, after)
            yield of_context
            after = (*after, named(of_context.rule, of))
        if request.config.vra.further is not None and request.config.vra.further.scores:
            after = (*after, named("score", of))
        yield Work("features", of, night.shards, job, after=after)
        if request.config.vra.promoted is not None:
            scores = scores_need(
                packets_of(night, expected), night.shards, kind_of(night, expected)
            )
            yield Work("assistant_scores", of, night.shards, scores, after=(named("features", of),))
            need = drift_need(packets_of(night, expected))
            yield Work("drift", of, 1, need, after=(named("assistant_scores", of),))
    if nights_of_pool(request):
        yield from _learning_work(request, expected)


def _context_work(
    request: Request, night: Night, expected: Expected, after: tuple[str, ...]
) -> Work:
    of, number = night_name(night), packets_of(night, expected)
    if request.config.vra.context.lasair is not None:
        need = sherlock_need(number, night.shards, kind_of(night, expected))
        return Work("sherlock", of, night.shards, need, after=after)
    need = context_need(number, night.shards, kind_of(night, expected))
    return Work("context", of, night.shards, need, after=(*after, named("match", of)))


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
