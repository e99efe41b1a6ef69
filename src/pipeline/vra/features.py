"""One shard: the pool's alerts → the table ``features``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.alerts.surveys.survey import Survey
from pipeline.io.tables import SURVEY, table_writer, with_survey
from pipeline.vra.dust import DustMap
from pipeline.vra.features_table import FEATURES_SCHEMA, features_schema
from pipeline.vra.further import Further, further_columns
from pipeline.vra.light_curve_features import SIX, SUFFIX, counts, six
from pipeline.vra.light_curves import light_curves
from pipeline.vra.passed import pool_of

_NO_HOSTS = "sep_arcsec: no context is configured"
_NO_DUST = "ebv: no dust map is configured"
_NOT_IN_DUST = "ebv: the dust map has no number there"


def features_of_shard(
    alerts: Path,
    history: Path,
    candidates: Path,
    filter_name: str,
    survey: Survey,
    output: Path,
    *,
    finkvra_compat: bool = False,
    dust: DustMap | None = None,
    context: Path | None = None,
    drop: Sequence[str] = (),
    further: Further | None = None,
    scores: Path | None = None,
) -> int:
    """Write the features of a shard's alerts that passed a filter; return how many.

    Parameters
    ----------
    alerts, history, candidates : Path
        The shard's tables.
    filter_name : str
        Whose candidates are the pool.
    survey : Survey
    output : Path
    finkvra_compat : bool
        Whether the features of the r band are copies of those of g, as upstream has them.
    dust : DustMap, optional
        Where E(B-V) is from.
    context : Path, optional
        The shard's table ``context``, of whose separations ``sep_arcsec`` is.
    drop : sequence of str
        Classifications of `context` that are not in the pool.
    further : Further, optional
        Features behind the 21.
    scores : Path, optional
        The shard's table ``scores``, if some of these are.
    """
    wanted = pc.field("candid").isin(pool_of(candidates, filter_name))
    places = None if context is None else pq.read_table(context)
    if places is not None:
        left = places.filter(
            pc.invert(pc.is_in(places["classification"], pa.array(drop, pa.string())))
        )
        wanted &= pc.field("candid").isin(left["candid"].combine_chunks())
    chosen = pq.read_table(alerts, filters=wanted)
    earlier = pq.read_table(history, filters=wanted)
    table = feature_rows(chosen, earlier, survey, finkvra_compat, dust, places)
    schema = FEATURES_SCHEMA
    if further is not None:
        said = None if scores is None else pq.read_table(scores, filters=wanted)
        more = further_columns(further, chosen, said, light_curves(chosen, earlier, survey))
        schema = features_schema(more)
        table = pa.table({**dict(zip(table.column_names, table.columns, strict=True)), **more})
        table = table.select([name for name in schema.names if name != SURVEY.name])
    with table_writer(output, schema) as writer:
        writer.write_table(with_survey(table, survey.name).cast(schema))
    return int(table.num_rows)


def feature_rows(
    alerts: pa.Table,
    history: pa.Table,
    survey: Survey,
    finkvra_compat: bool = False,
    dust: DustMap | None = None,
    context: pa.Table | None = None,
) -> pa.Table:
    """Return the features of some alerts, a row each, in their order, without the survey.

    Parameters
    ----------
    alerts, history : pyarrow.Table
        Of one survey; `history` has rows of these alerts at least.
    survey : Survey
    finkvra_compat : bool
    dust : DustMap, optional
    context : pyarrow.Table, optional
        See `features_of_shard`; of these alerts at least.
    """
    curves = light_curves(alerts, history, survey)
    values = {**counts(curves), **six(curves)}
    if finkvra_compat:
        values |= {f"{name}{SUFFIX['r']}": values[name] for name in SIX}
    rows = alerts.num_rows
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        name: alerts[name] for name in ("candid", "object_id", "jd", "ra", "dec")
    }
    there = "drb" in alerts.column_names
    columns["drb"] = alerts["drb"] if there else pa.nulls(rows, pa.float32())
    columns |= {name: pa.array(value, from_pandas=True) for name, value in values.items()}
    ebv = np.full(rows, np.nan) if dust is None else dust.ebv(*_place(alerts))
    columns["ebv"] = pa.array(ebv.astype(np.float32), from_pandas=True)
    separation, no_host = _separation(alerts, context)
    columns["sep_arcsec"] = separation
    columns["reason"] = _reasons(no_host, ebv, _NO_DUST if dust is None else _NOT_IN_DUST)
    names = [name for name in FEATURES_SCHEMA.names if name != "survey"]
    return pa.table({name: columns[name] for name in names})


def _separation(alerts: pa.Table, context: pa.Table | None) -> tuple[pa.Array, list[str | None]]:
    """Return the separation from the host [arcsec], and where there is none why."""
    if context is None:
        return pa.nulls(alerts.num_rows, pa.float32()), [_NO_HOSTS] * alerts.num_rows
    mine = context.take(pc.index_in(alerts["candid"], context["candid"]).combine_chunks())
    why = (None if one is None else f"sep_arcsec: {one}" for one in mine["reason"].to_pylist())
    return mine["separationArcsec"].cast(pa.float32()), list(why)


def _reasons(no_host: list[str | None], ebv: NDArray[np.float64], no_dust: str) -> pa.Array:
    """Return in words which of the two is null, and why."""
    no_ebv = [no_dust if one else None for one in np.isnan(ebv)]
    both = zip(no_host, no_ebv, strict=True)
    return pa.array(["; ".join(filter(None, one)) or None for one in both], pa.string())


def _place(alerts: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension and declination [deg], NaN where null."""
    ra, dec = (
        alerts[name].cast(pa.float64()).to_numpy().astype(np.float64) for name in ("ra", "dec")
    )
    return ra, dec
