"""What a user of finkvra has: labels, which alerts were trained on, saved polls."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.io.regular import check_regular
from pipeline.vra.labels.lines import COLUMNS, UNDO, Label, line_of, read_line
from pipeline.vra.labels.store import append_lines, labels_file, of_labeller

_ROUND = "round"


@dataclass
class Imported:
    """What was found.

    Attributes
    ----------
    labels : list of Label
        In the order of the files.
    trained : dict of int to int
        Candid, and the round in which it was first trained on.
    polled : set of int
        Candids of polls.
    problems : list of str
        Lines that were left out, and why.
    """

    labels: list[Label] = field(default_factory=list)
    trained: dict[int, int] = field(default_factory=dict)
    polled: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def read_files(paths: list[Path], who: str) -> Imported:
    """Read files of finkvra, each told by its columns; no pickle is ever read.

    Parameters
    ----------
    paths : list of Path
        ``labels.csv`` (candid, objectId, label, timestamp), ``*training_ids.csv`` (candid,
        round), polls (``*_alerts.parquet`` with a candid).
    who : str
        The labeller.

    Raises
    ------
    ValueError, OSError
        If a file is none of them; it is named.
    """
    found = Imported()
    for path in paths:
        check_regular(path)
        if path.suffix == ".parquet":
            found.polled |= _poll(path)
        elif path.suffix == ".csv":
            _csv(path, who, found)
        else:
            raise ValueError(f"{path}: .csv (labels, training ids) or .parquet (a poll) expected")
    return found


def add_labels(folder: Path, who: str, labels: list[Label]) -> int:
    """Append those labels that the labeller's file has not yet, all or none; return how many."""
    path = labels_file(folder, who)
    there = {_key(one) for one in of_labeller(path, who)} if path.exists() else set()
    new = {_key(one): one for one in labels if _key(one) not in there}
    if new:
        lines = [line_of(o.candid, o.object_id, o.label, o.timestamp) for o in new.values()]
        append_lines(folder, who, lines)
    return len(new)


def _key(label: Label) -> tuple[int, str, str]:
    return label.candid, label.label, label.timestamp


def _poll(path: Path) -> set[int]:
    try:
        column = pq.read_table(path, columns=["candid"])["candid"]
        return set(column.cast(pa.int64()).drop_null().to_pylist())
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(f"{path}: a parquet file with candids was expected ({error})") from error


def _csv(path: Path, who: str, found: Imported) -> None:
    rows = _rows(path)
    header = [name.strip() for name in next(rows, (0, []))[1]]
    if {"candid", "label"} <= set(header):
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for number, row in rows:
            if row == header:
                continue
            try:
                found.labels.append(_label(dict(zip(header, row, strict=True)), who, written))
            except ValueError as error:
                found.problems.append(f"{path}, line {number}: left out: {error}")
    elif {"candid", _ROUND} <= set(header):
        for number, row in rows:
            try:
                values = dict(zip(header, row, strict=True))
                found.trained.setdefault(int(values["candid"]), int(values[_ROUND]))
            except ValueError:
                found.problems.append(
                    f"{path}, line {number}: left out: a candid and a round were expected"
                )
    else:
        raise ValueError(f"{path}: columns candid and label, or candid and round, were expected")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = (
        path.read_bytes().decode("utf-8-sig", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    reader = csv.reader(text.splitlines(keepends=True))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: no CSV: {error}") from error
        if row:
            yield reader.line_num, row


def _label(values: dict[str, str], who: str, written: datetime) -> Label:
    """Return a label; where it has no time it is as old as its file."""
    plain = (values["candid"].strip(), "", values["label"].strip(), written.isoformat())
    label, _ = read_line(",".join(plain).encode(), who)
    if label.label == UNDO:
        raise ValueError("finkvra has no label 'undo'")
    timed = (*plain[:3], values.get(COLUMNS[3], ""))
    known, odd = read_line(",".join(timed).encode(), who)
    time = label.timestamp if odd else known.timestamp
    return Label(label.candid, values.get(COLUMNS[1], ""), label.label, time, who)
