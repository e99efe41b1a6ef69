"""The worklist of a round: whom a person is asked about, the worthiest first."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.tables import field, write_table
from pipeline.vra.features_table import FEATURES_SCHEMA
from pipeline.vra.rounds.pool import matrix, numbers_of
from pipeline.vra.rounds.seeded import is_held_out
from pipeline.vra.rounds.strategies import Pool, Strategy, choose

WORKLIST_SCHEMA = pa.schema(
    [
        field("rank", pa.int32(), description="from 0, the worthiest"),
        *(FEATURES_SCHEMA.field(name) for name in ("survey", "candid", "object_id")),
        field("score", pa.float64(), description="of the last model; null without one"),
        field("value", pa.float64(), description="by which it was chosen; null if held out"),
        field("held_out", pa.bool_(), description="whether no model learns from its label"),
        *(
            f
            for f in FEATURES_SCHEMA
            if f.name not in ("survey", "candid", "object_id", "jd", "reason")
        ),
    ]
)


class Asking(NamedTuple):
    """How a round chooses.

    Attributes
    ----------
    strategy : str
        One of `pipeline.vra.rounds.strategies.Strategy`.
    number : int
        Alerts on the worklist at most.
    per_object : int
    held_out : float
        Share of objects, and of the worklist, that no model learns from.
    seed : int
        Of the experiment.
    round : int
    """

    strategy: Strategy
    number: int
    per_object: int
    held_out: float
    seed: int
    round: int


def worklist(
    pool: pa.Table, p: NDArray[np.float64] | None, done: Collection[int], asking: Asking
) -> pa.Table:
    """Choose whom to ask about.

    Objects that are held out are asked about at random, and the same share of the worklist is of
    them: they tell how good the model is on the pool, not on what it is unsure of.

    Parameters
    ----------
    pool : pyarrow.Table
        See `pipeline.vra.rounds.pool.read_pool`.
    p : ndarray of float64, shape (n,), optional
        The last model's probability of class 1.
    done : collection of int
        Candids with a label.
    asking : Asking
    """
    candid = pool["candid"].to_numpy()
    free = ~np.isin(candid, np.fromiter(done, np.int64, len(done)))
    held = is_held_out(pool["object_id"].to_pylist(), asking.held_out, asking.seed)
    of = numbers_of(pool["object_id"])
    features = matrix(pool)
    value = np.full(candid.size, np.nan)

    def chosen(among: NDArray[np.bool_], strategy: Strategy) -> NDArray[np.int64]:
        rows = np.flatnonzero(among)
        some = Pool(candid[rows], of[rows], features[rows])
        given = None if p is None else p[rows]
        seed = asking.seed + asking.round
        at, worth = choose(strategy, some, given, asking.number, asking.per_object, seed)
        if strategy == asking.strategy:
            value[rows] = worth
        return rows[at]

    learned = chosen(free & ~held, asking.strategy)
    kept = chosen(free & held, "random")
    value[held] = np.nan
    rows = _mixed(learned, kept, asking)
    return _table(pool.take(pa.array(rows)), rows, p, value, held)


def write_worklist(
    pool: pa.Table,
    p: NDArray[np.float64] | None,
    done: Collection[int],
    asking: Asking,
    output: Path,
) -> list[int]:
    """Write a round's worklist (see `worklist`); return the candids."""
    table = worklist(pool, p, done, asking)
    write_table(table, output)
    return [int(candid) for candid in table["candid"].to_numpy()]


def _mixed(
    learned: NDArray[np.int64], kept: NDArray[np.int64], asking: Asking
) -> NDArray[np.int64]:
    """Return both in one order, in which each stretch has its share of those held out."""
    found: list[int] = []
    taken = [0, 0]
    of = (learned, kept)
    while len(found) < asking.number:
        due = int((len(found) + 1) * asking.held_out)
        turn = 1 if taken[1] < due else 0
        if taken[turn] >= len(of[turn]):
            turn = 1 - turn
        if taken[turn] >= len(of[turn]):
            break
        found.append(int(of[turn][taken[turn]]))
        taken[turn] += 1
    return np.array(found, np.int64)


def _table(
    chosen: pa.Table,
    rows: NDArray[np.int64],
    p: NDArray[np.float64] | None,
    value: NDArray[np.float64],
    held: NDArray[np.bool_],
) -> pa.Table:
    number = chosen.num_rows
    columns = {
        **{name: chosen[name] for name in chosen.column_names},
        "rank": pa.array(np.arange(number, dtype=np.int32)),
        "score": pa.nulls(number, pa.float64()) if p is None else pa.array(p[rows]),
        "value": pa.array(value[rows], from_pandas=True),
        "held_out": pa.array(held[rows]),
    }
    further = [name for name in chosen.column_names if name not in WORKLIST_SCHEMA.names]
    schema = pa.schema([*WORKLIST_SCHEMA, *(field(name, pa.float32()) for name in further)])
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
