"""Alerts and their matches → class and host of each: the table ``context``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.io.tables import with_survey, write_table
from pipeline.vra.context.rules import ORPHAN, RULES
from pipeline.vra.context.table import CONTEXT_SCHEMA

_MATCHES = ["candid", "catalog", "match_id", "distance_arcsec", "distance_kpc"]
TOO_NEAR = -1
"""In place of a distance in kpc: the galaxy is too near to tell (docs/add-a-catalogue.md)."""


def write_context(
    pool: NDArray[np.int64],
    matches: Path,
    roles: Mapping[str, Sequence[str]],
    at_it_arcsec: float,
    looked: str,
    survey: str,
    output: Path,
) -> int:
    """Write the context of one shard's pool, in its order; return how many.

    Parameters
    ----------
    pool : ndarray of int64, shape (n,)
        Candids.
    matches : Path
        The shard's table ``matches``.
    roles : mapping of str to sequence of str
        The catalogues of each role.
    at_it_arcsec : float
        Within this an alert is at the source itself [arcsec].
    looked : str
        Where was looked, for alerts near nothing.
    survey : str
    output : Path
    """
    near = pq.read_table(matches, columns=_MATCHES, filters=pc.field("candid").isin(pool.tolist()))
    table = with_survey(context_rows(pool, near, roles, at_it_arcsec, looked), survey)
    write_table(table.cast(CONTEXT_SCHEMA), output)
    return int(table.num_rows)


def context_rows(
    pool: NDArray[np.int64],
    near: pa.Table,
    roles: Mapping[str, Sequence[str]],
    at_it_arcsec: float,
    looked: str,
) -> pa.Table:
    """Return class and host of some alerts, a row each, without the survey.

    Of several sources by which the same rule holds the nearest counts; at one distance the
    catalogue that is named first, then the first in the table. See `write_context`.
    """
    rule, catalog = _first_rule(near, roles, at_it_arcsec)
    apart = near["distance_arcsec"].to_numpy()
    order = np.lexsort((np.arange(rule.size), catalog, apart, rule))
    order = order[rule[order] < len(RULES)]
    candids, first = np.unique(near["candid"].to_numpy()[order], return_index=True)
    at = np.searchsorted(candids, pool)
    there = np.zeros(pool.size, bool)
    if candids.size:
        there = candids[np.minimum(at, candids.size - 1)] == pool
    rows = order[first][at[there]]
    taken = np.full(pool.size, -1)
    taken[there] = rows
    chosen = near.take(pa.array(taken, mask=~there))
    words = np.array([*(one.classification for one in RULES), ORPHAN])
    found = np.full(pool.size, len(RULES))
    found[there] = rule[rows]
    kpc = chosen["distance_kpc"]
    known = pc.if_else(pc.equal(kpc, TOO_NEAR), pa.scalar(None, pa.float64()), kpc)
    return pa.table(
        {
            "candid": pa.array(pool),
            "classification": pa.array(words[found]),
            "catalogue_table_name": chosen["catalog"],
            "catalogue_object_id": chosen["match_id"],
            "separationArcsec": chosen["distance_arcsec"],
            "physical_separation_kpc": known,
            "reason": pa.array(np.full(pool.size, looked), mask=there),
        }
    )


def _first_rule(
    near: pa.Table, roles: Mapping[str, Sequence[str]], at_it_arcsec: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return by which rule each match is one, and the place of its catalogue in the role.

    What no rule takes has a number behind the last.
    """
    catalogs = near["catalog"].to_numpy(zero_copy_only=False)
    at_it = near["distance_arcsec"].to_numpy() <= at_it_arcsec
    rule = np.full(near.num_rows, len(RULES))
    place = np.zeros(near.num_rows, np.intp)
    for number, one in reversed(list(enumerate(RULES))):
        for order, name in enumerate(roles.get(one.role, ())):
            mine = (catalogs == name) & (at_it | (not one.at_it))
            rule[mine], place[mine] = number, order
    return rule, place
