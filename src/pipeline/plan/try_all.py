"""Everything that can be wrong before a run, looked at in one pass."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial

from pipeline.contract.address import is_to_come
from pipeline.contract.request import Request
from pipeline.contract.trial import Trial, tried
from pipeline.contract.work import Expected
from pipeline.io.fetch import size_at
from pipeline.plan.addresses import addresses_of
from pipeline.plan.check import problems
from pipeline.plan.domains import DOMAINS
from pipeline.plan.forecast import forecast
from pipeline.plan.show import size as size_words

CLUSTERS = {"slurm": ("sinfo", "--noheader"), "htcondor": ("condor_status", "-totals")}
"""What answers where a cluster can be used."""
ANSWER_SECONDS = 30.0


def try_all(request: Request, cluster: str | None = None) -> Iterator[Trial]:
    """Yield what is found of inputs, services, disk and cluster.

    Parameters
    ----------
    request : Request
        In the working directory.
    cluster : str, optional
        One of `CLUSTERS`.
    """
    wrong = problems(request)
    yield from (Trial("configuration", line) for line in wrong)
    if not wrong:
        yield Trial("configuration")
    for domain in DOMAINS:
        if domain.active(request):
            yield from domain.trials(request)
    yield from _addresses(request)
    yield from _services(request)
    yield tried("disk", lambda: _disk(request))
    if cluster is not None:
        yield tried(f"cluster {cluster}", lambda: _cluster(CLUSTERS[cluster]))


def _addresses(request: Request) -> Iterator[Trial]:
    for address in addresses_of(request):
        if address.url.startswith("s3:"):
            yield Trial(f"{address.url}: Snakemake asks for it when it plans")
        elif is_to_come(address):
            yield tried(address.url, partial(_size_at, address.url))


def _size_at(url: str) -> str:
    size = size_at(url)
    return "there" if size is None else size_words(size / 1e6)


def _services(request: Request) -> Iterator[Trial]:
    asks = {ask for d in DOMAINS if d.active(request) for ask in d.ready.values()}
    lines = sorted({line for ask in asks for line in ask(request)})
    yield from (Trial("services", line) for line in lines)
    if asks and not lines:
        yield Trial("services that are configured")


def _disk(request: Request) -> str:
    rules = forecast(request, Expected(), 1).rules
    needed = sum(rule.output_mb + rule.spool_mb for rule in rules)
    free = shutil.disk_usage(".").free / 1e6
    if needed > free:
        raise OSError(
            f"{needed:,.0f} MB are needed (nightmill plan), {free:,.0f} MB are free: "
            "another --directory, or fewer nights"
        )
    return f"{needed:,.0f} MB are needed, {free:,.0f} MB are free"


def _cluster(command: tuple[str, ...]) -> str:
    program = shutil.which(command[0])
    if program is None:
        raise OSError(f"no {command[0]} on this machine: log in to one that submits jobs")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OSError(f"{command[0]} does not answer within {ANSWER_SECONDS:.0f} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[0]
        raise OSError(f"{command[0]} ends with {done.returncode}: {said}")
    return f"{command[0]} answers"
