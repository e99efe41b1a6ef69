"""What a run will cost, before it: the sum of what the domains say of their jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.contract.costs import need_of
from pipeline.contract.need import Need, total_mb
from pipeline.contract.request import Request
from pipeline.contract.work import Expected, Work
from pipeline.plan.addresses import addresses_of
from pipeline.plan.domains import DOMAINS


@dataclass(frozen=True)
class RuleForecast:
    """What all jobs of one rule need.

    Attributes
    ----------
    rule : str
    jobs : int
    cpu_s : float
        Of all jobs together, on a core like those that the costs were measured on.
    mem_mb, minutes : int
        Memory [MB] and time [min] that the largest job asks a cluster for.
    output_mb, spool_mb : float
        As of `Need`, of all jobs together.
    files : int
        Inodes that they leave.
    once : bool
        Whether later nights find all of it done.
    """

    rule: str
    jobs: int
    cpu_s: float
    mem_mb: int
    minutes: int
    output_mb: float
    spool_mb: float
    files: int
    once: bool


@dataclass(frozen=True)
class Forecast:
    """What a run needs that makes everything from nothing.

    Attributes
    ----------
    rules : tuple of RuleForecast
        In the order in which they can begin.
    cores : int
    wall_s : float
        At least, from the first command to the last result.
    chain : tuple of str
        Rules of the longest chain of jobs, which no number of cores shortens.
    chain_s : float
        What that chain takes.
    scratch_mb : float
        Of the largest job, where each has a disk of its own.
    together_mb : float
        Memory of one machine on whose cores as many of the largest jobs run at once.
    planning : Need
        Of Snakemake before the first job; a dry run is this alone.
    notes : tuple of str
        What to know of the figures, or to do better.
    """

    rules: tuple[RuleForecast, ...]
    cores: int
    wall_s: float
    chain: tuple[str, ...]
    chain_s: float
    scratch_mb: float
    together_mb: float
    planning: Need
    notes: tuple[str, ...]

    @property
    def jobs(self) -> int:
        """Return how many jobs there are; Snakemake counts its target as one more."""
        return sum(rule.jobs for rule in self.rules)

    @property
    def cpu_s(self) -> float:
        """Return the CPU time of all jobs [s]."""
        return sum(rule.cpu_s for rule in self.rules)

    @property
    def files(self) -> int:
        """Return how many inodes are left."""
        return sum(rule.files for rule in self.rules) + round(self.planning.files)


def forecast(request: Request, expected: Expected, cores: int) -> Forecast:
    """Add up what the domains say of their jobs.

    Raises
    ------
    ValueError
        If the configuration asks for nothing.
    """
    works = [work for domain in DOMAINS for work in domain.work(request, expected)]
    if not works:
        raise ValueError("the configuration asks for nothing: no night and no event")
    works += _fetched(request)
    begins, chains = _begins(works)
    last = max(works, key=lambda work: begins[work.name] + work.need.cpu_s)
    planning = need_of("planning", {"planned job": sum(work.jobs for work in works)})
    return Forecast(
        rules=tuple(_by_rule(sorted(works, key=lambda work: len(chains[work.name])))),
        cores=cores,
        wall_s=planning.cpu_s + wall(works, begins, cores),
        chain=chains[last.name],
        chain_s=begins[last.name] + last.need.cpu_s,
        scratch_mb=max(work.need.disk_mb for work in works),
        together_mb=max(min(work.jobs, cores) * work.need.memory_mb for work in works),
        planning=planning,
        notes=tuple(n for domain in DOMAINS for n in domain.notes(request, expected, cores)),
    )


def _fetched(request: Request) -> list[Work]:
    """Return the jobs that fetch inputs; of one that is not here yet nobody knows the size."""
    needs = {
        one.url: need_of("fetch_input", {"MB": total_mb([one])}) for one in addresses_of(request)
    }
    return [Work("fetch_input", url, 1, need, once=True) for url, need in needs.items()]


def wall(works: Iterable[Work], begins: Mapping[str, float], cores: int) -> float:
    """Return the time that the jobs take at least on some cores [s].

    Whatever is scheduled how: what can begin only `t` after the start, behind the jobs that
    it needs, keeps all cores busy after `t` for its CPU time over their number (all jobs for
    t = 0), and the longest chain of jobs goes one after the other.
    """
    works = list(works)
    bounds = [begins[work.name] + work.need.cpu_s for work in works]
    behind = 0.0
    for work in sorted(works, key=lambda work: begins[work.name], reverse=True):
        behind += work.jobs * work.need.cpu_s
        bounds.append(begins[work.name] + behind / cores)
    return max(bounds)


def _begins(works: Iterable[Work]) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
    """Return when each work can begin [s], and the rules of the chain that ends with it."""
    named = {work.name: work for work in works}
    begins: dict[str, float] = {}
    chains: dict[str, tuple[str, ...]] = {}

    def visit(work: Work) -> float:
        if work.name not in begins:
            before = [named[name] for name in work.after if name in named]
            ends = {other.name: visit(other) for other in before}
            slowest = max(ends, key=lambda name: ends[name], default="")
            begins[work.name] = ends.get(slowest, 0.0)
            chains[work.name] = (*chains.get(slowest, ()), work.rule)
        return begins[work.name] + work.need.cpu_s

    for work in named.values():
        visit(work)
    return begins, chains


def _by_rule(works: Iterable[Work]) -> Iterable[RuleForecast]:
    rules: dict[str, list[Work]] = {}
    for work in works:
        rules.setdefault(work.rule, []).append(work)
    for rule, same in rules.items():
        yield RuleForecast(
            rule=rule,
            jobs=sum(work.jobs for work in same),
            cpu_s=sum(work.jobs * work.need.cpu_s for work in same),
            mem_mb=max(work.need.mem_mb() for work in same),
            minutes=max(work.need.minutes() for work in same),
            output_mb=sum(work.jobs * work.need.output_mb for work in same),
            spool_mb=sum(work.jobs * work.need.spool_mb for work in same),
            files=round(sum(work.jobs * work.need.files for work in same)),
            once=all(work.once for work in same),
        )
