"""Features beside finkvra's 21, by configuration: of the alert, of scores, of light curves."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.vra.light_curve_features import SUFFIX, once
from pipeline.vra.light_curves import BANDS, LightCurves

ALERT, SCORE = "alerts_", "scores_"
"""Before the names of columns that are from other tables."""


@dataclass(frozen=True)
class Further:
    """What the table ``features`` has behind the 21.

    Attributes
    ----------
    alerts : tuple of str
        Columns of ``alerts``.
    scores : tuple of str
        Models, whose scores these are.
    light_curve : tuple of str
        Classes of the ``light-curve`` package, without arguments, in each band.
    """

    alerts: Sequence[str] = ()
    scores: Sequence[str] = ()
    light_curve: Sequence[str] = ()


def further_columns(
    further: Further, alerts: pa.Table, scores: pa.Table | None, curves: LightCurves
) -> dict[str, pa.Array]:
    """Return the further features of some alerts by name, float32, null where there is none.

    Parameters
    ----------
    further : Further
    alerts : pyarrow.Table
    scores : pyarrow.Table, optional
        Of these alerts at least.
    curves : LightCurves
        Of the same alerts.

    Raises
    ------
    ValueError
        If a column is missing or no number.
    """
    found = {f"{ALERT}{name}": _number(alerts, name) for name in further.alerts}
    if further.scores:
        if scores is None:
            raise ValueError("scores are asked for, and there is no table of them")
        at = pc.index_in(alerts["candid"], scores["candid"].combine_chunks())
        mine = scores.take(at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at)
        found |= {f"{SCORE}{name}": _number(mine, name) for name in further.scores}
    if further.light_curve:
        found |= _of_curves(further.light_curve, curves)
    return found


def further_names(further: Further) -> list[str]:
    """Return what these columns are called, in their order.

    Raises
    ------
    ValueError
        If the package has no such feature, or one that needs arguments.
    ImportError
        If light-curve features are asked for, and the package is not there.
    """
    made = _features(further.light_curve) if further.light_curve else []
    extracted = [name for feature in made for name in feature.names]
    return [
        *(f"{ALERT}{name}" for name in further.alerts),
        *(f"{SCORE}{name}" for name in further.scores),
        *(f"{name}{SUFFIX[band]}" for band in BANDS for name in extracted),
    ]


def is_number(kind: pa.DataType) -> bool:
    """Return whether values of a type can be a feature."""
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return any(of(kind) for of in kinds)


def _number(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        raise ValueError(f"{name}: there is no such column")
    column = table[name].combine_chunks()
    if not is_number(column.type):
        raise ValueError(f"{name}: a number was expected, not {column.type}")
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values = column.cast(pa.float32(), safe=False)
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float32()))


def _of_curves(classes: Sequence[str], curves: LightCurves) -> dict[str, pa.Array]:
    """Return features of the light curve in each band, of one measurement an epoch."""
    features = _features(classes)
    kept, number = once(curves)
    jd, mag, error = curves.jd[kept], curves.apparent[kept], curves.apparent_err[kept]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    names = [name for feature in features for name in feature.names]
    values = np.full((len(BANDS) * curves.alerts, len(names)), np.nan, np.float32)
    for a, b in zip(starts, [*starts[1:], number.size], strict=True):
        one = jd[a:b] - jd[a], mag[a:b], error[a:b]
        values[number[a]] = np.concatenate([_made(feature, one) for feature in features])
    values[~np.isfinite(values)] = np.nan
    return {
        f"{name}{SUFFIX[band]}": pa.array(values[place :: len(BANDS), k], from_pandas=True)
        for place, band in enumerate(BANDS)
        for k, name in enumerate(names)
    }


def _made(feature: Any, curve: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Return a feature of one light curve, NaN where it has too little for that."""
    try:
        made = feature(*curve, sorted=True, check=False, fill_value=np.nan)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's, of a periodogram of one point
            raise
        made = np.full(len(feature.names), np.nan)
    return np.asarray(made, np.float64)


def _features(classes: Sequence[str]) -> list[Any]:
    """Return what makes the features of some classes of the package.

    Raises
    ------
    ValueError
    ImportError
    """
    import light_curve  # noqa: PLC0415 - optional, and under the GPL

    features = []
    for name in classes:
        found = getattr(light_curve, name, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its experimental ones, which are refused below
            try:
                feature = found() if isinstance(found, type) else None
                names = None if feature is None else feature.names
            except (TypeError, AttributeError, ValueError) as error:
                raise ValueError(f"{name}: cannot be had without arguments: {error}") from error
        if not names or not hasattr(feature, "many"):
            raise ValueError(f"{name}: light-curve has no such feature, or none that is compiled")
        features.append(feature)
    return features
