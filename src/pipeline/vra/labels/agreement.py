"""How far labellers agree on what both have labelled."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from pipeline.vra.labels.lines import SKIP
from pipeline.vra.labels.store import Labels

NOTHING_SHARED = "nothing was labelled by both"
ONE_LABEL = "both gave one and the same label to all: chance explains it"


@dataclass(frozen=True)
class Agreement:
    """Of two labellers.

    Attributes
    ----------
    first, second : str
    shared : int
        Alerts that both have labelled; skips are none.
    observed : float or None
        Share of them on which both agree.
    kappa : float or None
        Cohen's; see `cohen_kappa`.
    reason : str
        Why there is no kappa.
    """

    first: str
    second: str
    shared: int
    observed: float | None
    kappa: float | None
    reason: str = ""


def cohen_kappa(pairs: list[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa, (p_o - p_e) / (1 - p_e).

    p_o is the share of pairs that agree, p_e that which would by chance: the sum over labels of
    the product of both labellers' shares. Source: Cohen (1960), Educational and Psychological
    Measurement 20, 37-46, eq. 1.

    Parameters
    ----------
    pairs : list of (str, str)
        What either said of the same alert.

    Returns
    -------
    float or None
        None where there is no pair, or p_e is 1.

    Examples
    --------
    >>> round(cohen_kappa([("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10
    ...                   + [("b", "b")] * 15), 6)
    0.4
    """
    total = len(pairs)
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    by_chance = sum(first[label] * second[label] for label in first)  # of total squared
    if by_chance == total**2:
        return None
    agreed = sum(one == other for one, other in pairs)
    return (agreed * total - by_chance) / (total**2 - by_chance)


def agreements(labels: Labels) -> list[Agreement]:
    """Return how far each two labellers agree, by name."""
    said = _by_labeller(labels)
    return [_of_two(first, second, said) for first, second in combinations(sorted(said), 2)]


def disagreements(labels: Labels) -> list[tuple[int, str, dict[str, str]]]:
    """Return the alerts of which people say different things, by candid.

    Returns
    -------
    list of (candid, object_id, label by labeller)
    """
    found: dict[int, tuple[str, dict[str, str]]] = {}
    for one in labels.given:
        if one.label != SKIP:
            found.setdefault(one.candid, (one.object_id, {}))[1][one.who] = one.label
    return [
        (candid, name, said)
        for candid, (name, said) in sorted(found.items())
        if len(set(said.values())) > 1
    ]


def _by_labeller(labels: Labels) -> dict[str, dict[int, str]]:
    said: dict[str, dict[int, str]] = {}
    for one in labels.given:
        if one.label != SKIP:
            said.setdefault(one.who, {})[one.candid] = one.label
    return said


def _of_two(first: str, second: str, said: dict[str, dict[int, str]]) -> Agreement:
    ones, others = said[first], said[second]
    pairs = [(label, others[candid]) for candid, label in ones.items() if candid in others]
    if not pairs:
        return Agreement(first, second, 0, None, None, NOTHING_SHARED)
    observed = sum(one == other for one, other in pairs) / len(pairs)
    kappa = cohen_kappa(pairs)
    return Agreement(first, second, len(pairs), observed, kappa, ONE_LABEL if kappa is None else "")
