"""The files of a closed round, which never change again: its labels and training ids."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.vra.labels.lines import COLUMNS, Label

LABELS, TRAINING, HELD_OUT = "labels.csv", "training_ids.csv", "held_out.csv"
TRAINING_SET = "training.parquet"
"""The features that a model learned from, and what it says of them: later nights are compared."""
META, METRICS = "meta.json", "metrics.json"
FROZEN = "nothing makes it anew: put it back, or delete the folder `closed` to close the round anew"
"""What to do where one is damaged."""


def write_labels(labels: Iterable[Label], path: Path) -> None:
    """Write labels in upstream's columns, and who gave them, by candid."""
    rows = sorted(labels, key=lambda label: (label.candid, label.who))
    _write(
        path,
        (*COLUMNS, "who"),
        ((row.candid, row.object_id, row.label, row.timestamp, row.who) for row in rows),
    )


def write_training(rounds: Mapping[int, int], path: Path) -> None:
    """Write in which round a model first learned from each candid, as upstream does."""
    _write(path, ("candid", "round"), sorted(rounds.items(), key=lambda row: (row[1], row[0])))


def read_training(path: Path) -> dict[int, int]:
    """Return in which round a model first learned from each candid.

    Raises
    ------
    ValueError
        If the file is damaged; the message names it.
    """
    try:
        with path.open(newline="") as file:
            found = {int(row["candid"]): int(row["round"]) for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(f"{path}: candid,round was expected: {error}") from error
    if wrong := [candid for candid in found if not -(2**63) <= candid < 2**63]:
        raise ValueError(f"{path}: a candid is an integer of 64 bits (found {str(wrong[0])[:40]})")
    return found


def labelled(path: Path) -> set[int]:
    """Return the candids that a closed round's labels are of."""
    try:
        with path.open(newline="") as file:
            return {int(row["candid"]) for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: candid,… was expected: {error}") from error


def write_held_out(rows: Iterable[tuple[int, str, str]], path: Path) -> None:
    """Write candid, object and label of those that no model learns from."""
    _write(path, ("candid", "objectId", "label"), sorted(rows))


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
