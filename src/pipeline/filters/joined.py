"""What a broker adds to packets: scores as ``classifications``, matches as ``cross_matches``."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_VERSION = "_version"


def classifications(candid: pa.Array, scores: pa.Table) -> pa.StructArray:
    """Return the scores of alerts as documents have them: ``<model>`` and ``<model>_version``.

    Parameters
    ----------
    candid : pyarrow.Array of n int64
    scores : pyarrow.Table
        The shard's table ``scores``.

    Returns
    -------
    pyarrow.StructArray, n rows
        Null means missing: there is no score where there is a reason for none.
    """
    rows = pc.index_in(candid, scores["candid"].combine_chunks())
    models = [n.removesuffix(_VERSION) for n in scores.column_names if n.endswith(_VERSION)]
    arrays, fields = [], []
    for model in models:
        for name, type_ in ((model, pa.float64()), (f"{model}{_VERSION}", pa.string())):
            column = scores[name].combine_chunks()
            if pa.types.is_dictionary(column.type):
                column = column.dictionary_decode()
            arrays.append(column.cast(type_).take(rows))
            fields.append(pa.field(name, type_))
    return _struct(arrays, fields, len(candid))


def cross_matches(
    candid: pa.Array, matches: pa.Table, catalogs: Mapping[str, Sequence[str]]
) -> pa.StructArray:
    """Return the matches of alerts as documents have them: a list for each catalogue.

    Parameters
    ----------
    candid : pyarrow.Array of n int64
    matches : pyarrow.Table
        The shard's table ``matches``.
    catalogs : mapping of str to sequence of str
        All that its survey is matched with, and the columns that come along: an alert without
        a match has an empty list.

    Returns
    -------
    pyarrow.StructArray, n rows
        Of lists, nearest first: ``_id``, ``coordinates.distance_arcsec`` and ``distance_kpc``,
        and the catalogue's columns. Null in these means missing.
    """
    arrays = [_matches_of(candid, matches, *entry) for entry in catalogs.items()]
    fields = [
        pa.field(name, array.type, nullable=False)
        for name, array in zip(catalogs, arrays, strict=True)
    ]
    return _struct(arrays, fields, len(candid))


def _matches_of(
    candid: pa.Array, matches: pa.Table, catalog: str, columns: Sequence[str]
) -> pa.ListArray:
    rows = matches.filter(pc.equal(matches["catalog"], catalog))
    alert = pc.index_in(rows["candid"].combine_chunks(), candid)
    rows = rows.append_column("_alert", alert).filter(pc.is_valid(alert))
    rows = rows.sort_by([("_alert", "ascending"), ("rank", "ascending")])
    distances = [rows[name].combine_chunks() for name in ("distance_arcsec", "distance_kpc")]
    place = pa.StructArray.from_arrays(
        distances,
        fields=[
            pa.field("distance_arcsec", pa.float64()),
            pa.field("distance_kpc", pa.float64()),
        ],
    )
    arrays = [rows["match_id"].combine_chunks(), place]
    fields = [pa.field("_id", pa.string()), pa.field("coordinates", place.type)]
    for name in columns:
        column = _plain(rows[f"{catalog}_{name}"].combine_chunks())
        if column is not None:
            arrays.append(column)
            fields.append(pa.field(name, column.type))
    items = pa.StructArray.from_arrays(arrays, fields=fields)
    counts = np.bincount(rows["_alert"].to_numpy(), minlength=len(candid))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    type_ = pa.list_(pa.field("item", items.type, nullable=False))
    return pa.ListArray.from_arrays(pa.array(offsets), items, type=type_)


def _plain(column: pa.Array) -> pa.Array | None:
    """Return a catalogue's column in a type that documents have; None if it has none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_boolean(kind) or kind in (pa.int32(), pa.int64(), pa.float64(), pa.string()):
        return column
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return column.cast(pa.int64())
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    return column.cast(pa.string()) if pa.types.is_large_string(kind) else None


def _struct(arrays: list[pa.Array], fields: list[pa.Field], rows: int) -> pa.StructArray:
    if not arrays:  # pyarrow knows no struct without fields and of some length
        arrays, fields = [pa.nulls(rows)], [pa.field("_", pa.null())]
    return pa.StructArray.from_arrays(arrays, fields=fields)
