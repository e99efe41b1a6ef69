"""Whether the services that a run needs can be used: asked once, before its first job."""

from collections.abc import Collection, Iterator

from pipeline.contract.request import Request
from pipeline.plan.domains import DOMAINS


def unready(request: Request, rules: Collection[str]) -> Iterator[str]:
    """Yield why a service cannot be used, a line each.

    Parameters
    ----------
    request : Request
    rules : collection of str
        Of which jobs will run.
    """
    for domain in DOMAINS:
        for rule, ask in domain.ready.items():
            if rule in rules:
                yield from ask(request)
