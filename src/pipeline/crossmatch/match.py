"""Match alerts with catalogues: the table ``matches``."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.crossmatch.distance import ARCSEC, projected_kpc
from pipeline.crossmatch.entry import Cone
from pipeline.crossmatch.galaxies import galaxy_ids, galaxy_pairs, galaxy_values
from pipeline.crossmatch.store import Store, open_store
from pipeline.io.tables import field
from pipeline.sky.cones import pairs_within
from pipeline.sky.healpix import lonlat_to_vec

_FIELDS = [
    field("candid", pa.int64(), description="the alert, as in the table alerts"),
    field("catalog", pa.string(), description="name in the configuration"),
    field("match_id", pa.string(), description="the catalogue's row"),
    field("distance_arcsec", pa.float64(), "arcsec", "great circle; 2 decimals for galaxies"),
    field("distance_kpc", pa.float64(), "kpc", "projected; -1 for a galaxy too near to tell"),
    field("rank", pa.int32(), description="1 is the nearest of this alert and catalogue"),
]


def matches_schema(stores: Mapping[str, str | Path]) -> pa.Schema:
    """Return the schema of a survey's table ``matches``.

    Parameters
    ----------
    stores : mapping of str to path
        The store of each of the survey's catalogues, which knows its columns' types.

    Raises
    ------
    ValueError
        If a folder is not a store.
    """
    return schema_of({name: open_store(store) for name, store in stores.items()})


def match_alerts(
    alerts: pa.Table,
    stores: Mapping[str, str | Path],
    cones: Mapping[str, Cone],
) -> pa.Table:
    """Find every catalogue row near every alert.

    Parameters
    ----------
    alerts : pyarrow.Table
        With candid (int64), ra and dec (float64, ICRS [deg]); an alert whose position is
        null, NaN or out of range matches nothing.
    stores : mapping of str to path
        As for :func:`matches_schema`.
    cones : mapping of str to Cone
        How each catalogue is matched, in the order of the result.

    Returns
    -------
    pyarrow.Table
        One row for each alert and catalogue row, of :func:`matches_schema`: sorted by the
        order of `alerts`, the order of `cones`, and rank. A catalogue's chosen columns
        are named ``<catalog>_<column>`` and null in the rows of the others.

    Raises
    ------
    ValueError
        If a folder is not a store, or two columns get the same name.
    """
    return match_opened(alerts, {name: open_store(stores[name]) for name in cones}, cones)


def match_opened(
    alerts: pa.Table, stores: Mapping[str, Store], cones: Mapping[str, Cone]
) -> pa.Table:
    """Find every catalogue row near every alert: `match_alerts` with open stores.

    To open three takes as long as to match 400 alerts with them.
    """
    opened = {name: stores[name] for name in cones}
    schema = schema_of(opened)
    vec = _unit_vectors(alerts)
    parts, positions = [schema.empty_table()], [np.empty(0, np.int64)]
    for name, store in opened.items():
        position, table = _match_one(name, vec, store, cones[name])
        parts.append(table.add_column(0, "candid", alerts["candid"].take(pa.array(position))))
        positions.append(position)
    table = pa.concat_tables(parts, promote_options="default").select(schema.names)
    # stable: rows stay in the order of catalogues and ranks
    order = np.argsort(np.concatenate(positions), kind="stable")
    return table.take(pa.array(order)).cast(schema)


def schema_of(stores: Mapping[str, Store]) -> pa.Schema:
    """Return the schema of the table ``matches``: `matches_schema` of open stores."""
    chosen = [
        column.with_name(f"{name}_{column.name}")
        for name, store in stores.items()
        for column in list(store.schema)[1:]
    ]
    schema = pa.schema([*_FIELDS, *chosen])
    if twice := [name for name, n in Counter(schema.names).items() if n > 1]:
        raise ValueError(f"two columns of matches are {twice[0]!r}: rename one of the catalogues")
    return schema


def _unit_vectors(alerts: pa.Table) -> NDArray[np.float64]:
    """Return positions as vectors, shape (n, 3); NaN where they are none."""
    ra, dec = (
        pc.fill_null(alerts[name].cast(pa.float64()), np.nan).to_numpy() for name in ("ra", "dec")
    )
    valid = np.isfinite(ra) & (np.abs(dec) <= 90)
    return lonlat_to_vec(np.where(valid, ra, np.nan), np.where(valid, dec, np.nan))


def _match_one(
    name: str, vec: NDArray[np.float64], store: Store, cone: Cone
) -> tuple[NDArray[np.int64], pa.Table]:
    """Return the positions matched, ascending, and the matches (all but the candid)."""
    pairs = pairs_within(vec, store, cone.radius_arcsec)
    if cone.distance is None:
        arcsec = pairs.radians / ARCSEC
        kpc = pa.nulls(len(arcsec), pa.float64())
        match_id, chosen = store.take(pairs.row)
    else:
        pairs = galaxy_pairs(pairs, vec, store.distance, cone.distance)
        exact = pairs.radians / ARCSEC
        value = galaxy_values(pairs.row, store.distance, cone.distance.unit)
        kpc = pa.array(np.round(projected_kpc(exact, value, cone.distance.unit), 2))
        arcsec = np.round(exact, 2)
        match_id, chosen = store.take(pairs.row)
        match_id = pc.coalesce(match_id, galaxy_ids(pairs.row))
    columns = {
        "catalog": pa.array([name]).take(pa.array(np.zeros(len(arcsec), np.int64))),
        "match_id": match_id,
        "distance_arcsec": pa.array(arcsec),
        "distance_kpc": kpc,
        "rank": pa.array(_rank(pairs.position)),
    }
    names = [*columns, *(f"{name}_{column}" for column in chosen.column_names)]
    return pairs.position, pa.table([*columns.values(), *chosen.columns], names=names)


def _rank(position: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return 1, 2, … for the pairs of each position; they follow each other."""
    first = np.flatnonzero(np.diff(position, prepend=-1))
    count = np.diff(first, append=len(position))
    return (np.arange(len(position)) - np.repeat(first, count) + 1).astype(np.int32)
