"""Campaigns together: the median and the band over the seeds, and labels to a target."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import atomic_path
from pipeline.vra.places import CURVES

BAND = 16, 50, 84
"""Percentiles over the seeds."""
COLUMNS = (
    "strategy",
    "size",
    "labels",
    "seeds",
    "recall_16",
    "recall_50",
    "recall_84",
    "held_out_recall_16",
    "held_out_recall_50",
    "held_out_recall_84",
    "area_16",
    "area_50",
    "area_84",
    "gain",
    "gain_sigma",
)
"""The last two: recall less that of random sampling with the same seed, size and labels, the mean
over the seeds and its standard error. The first round is the same, and so is what is held out: what
seeds have in common drops out, which the bands of the recall itself hide."""
RANDOM = "random"

LEAST_PAIRS = 2
"""Of seeds: one has no error."""

Curve = Mapping[str, Any]
_STRATEGY_AND_SIZE = itemgetter("strategy", "size")


def curves(campaigns: Iterable[Curve]) -> list[dict[str, Any]]:
    """Return a row of `COLUMNS` for each strategy, size and number of labels.

    Parameters
    ----------
    campaigns : iterable of mapping
        ``strategy``, ``size``, ``seed`` and ``rounds``
        (see `pipeline.vra.bench.campaign.run_campaign`).
    """
    rounds = [
        {"strategy": one["strategy"], "size": one["size"], "seed": one["seed"], **each}
        for one in campaigns
        for each in one["rounds"]
    ]
    by = itemgetter("strategy", "size", "labels")
    at_random = {
        (one["size"], one["labels"], one["seed"]): one["recall"]
        for one in rounds
        if one["strategy"] == RANDOM
    }
    ordered = sorted(rounds, key=itemgetter("strategy", "size", "labels", "seed"))
    return [_row(key, list(some), at_random) for key, some in groupby(ordered, key=by)]


def _row(
    key: tuple[str, int, int],
    some: Sequence[Mapping[str, Any]],
    at_random: Mapping[tuple[int, int, int], float | None],
) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(("strategy", "size", "labels"), key, strict=True))
    row["seeds"] = len(some)
    for name in ("recall", "held_out_recall", "area"):
        known = [one[name] for one in some if one[name] is not None]
        values = np.percentile(known, BAND).tolist() if known else [None] * len(BAND)
        row |= {f"{name}_{p}": value for p, value in zip(BAND, values, strict=True)}
    pairs = ((one["recall"], at_random.get((*key[1:], one["seed"]))) for one in some)
    return row | _gain([a - b for a, b in pairs if a is not None and b is not None])


def _gain(differences: Sequence[float]) -> dict[str, float | None]:
    """Return the mean of paired differences and its standard error, null where it has none."""
    if len(differences) < LEAST_PAIRS:
        return {"gain": None, "gain_sigma": None}
    sigma = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return {"gain": float(np.mean(differences)), "gain_sigma": float(sigma)}


def write_curves(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write rows of `COLUMNS` as CSV; what is not known is empty."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_curves(path: Path) -> list[dict[str, Any]]:
    """Return what `write_curves` has written.

    Raises
    ------
    ValueError
        If it is damaged; the message names the file.
    """
    try:
        with path.open(newline="") as file:
            return [_typed(row) for row in csv.DictReader(file)]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {','.join(COLUMNS)} was expected: {error}") from error


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"strategy": row["strategy"]}
    found |= {name: int(row[name]) for name in ("size", "labels", "seeds")}
    return found | {name: float(row[name]) if row[name] else None for name in COLUMNS[4:]}


def labels_needed(rows: Iterable[Mapping[str, Any]], target: float) -> dict[tuple[str, int], Any]:
    """Return with how many labels the median recall first reaches a target; None if never."""
    found: dict[tuple[str, int], Any] = {}
    for row in rows:
        key = row["strategy"], row["size"]
        reached = row["recall_50"] is not None and row["recall_50"] >= target
        if found.get(key) is None:
            found[key] = row["labels"] if reached else None
    return found


def bench_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each bench of a working directory: what each strategy reached."""
    for path in sorted(directory.glob(CURVES.format(experiment="*"))):
        last = [list(some)[-1] for _, some in groupby(read_curves(path), key=_STRATEGY_AND_SIZE)]
        said = ", ".join(
            f"{row['strategy']} {row['recall_50']:.2f}" for row in last if row["recall_50"]
        )
        at = f"with {last[0]['labels']} labels, {last[0]['seeds']} seeds" if last else "nothing"
        yield f"assistant {path.parent.parent.name}, bench: recall {said or '–'} {at}"


def words(rows: Sequence[Mapping[str, Any]], target: float) -> Iterator[str]:
    """Yield a line for each strategy and size: what it reaches, and by how many labels."""
    needed = labels_needed(rows, target)
    for key, some in groupby(rows, key=_STRATEGY_AND_SIZE):
        last = list(some)[-1]
        if last["recall_50"] is None:
            yield f"{key[0]}, {key[1]} a round: nothing to try a model on"
            continue
        at = needed[key]
        reached = f"recall {target:g} with {at} labels" if at else f"recall {target:g} not reached"
        band = f"{last['recall_16']:.2f} to {last['recall_84']:.2f}"
        yield (
            f"{key[0]}, {key[1]} a round: recall {last['recall_50']:.2f} ({band}) with "
            f"{last['labels']} labels, {reached}; {last['seeds']} seeds"
        )
        if last["gain"] is not None and key[0] != RANDOM:
            yield (
                f"{key[0]}, {key[1]} a round: {last['gain']:+.3f} ± {last['gain_sigma']:.3f} "
                "against random with the same seeds"
            )
