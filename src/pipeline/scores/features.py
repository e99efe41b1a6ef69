"""Features: the numbers about an alert that networks take beside its triplet."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DERIVED = (
    *("peakmag_so_far", "maxmag_so_far", "days_since_peak", "days_to_peak"),
    *("age", "nnondet"),
)
"""Features that are made from an alert's history or from several columns."""
_FROM_HISTORY = {"peakmag_so_far", "maxmag_so_far", "days_since_peak", "days_to_peak"}
_FOR_OTHERS = {
    "drb": {"rb"},
    "nnondet": {"ncovhist", "ndethist"},
    "age": {"jdstarthist"},
    **{name: {"jdstarthist", "magpsf"} for name in _FROM_HISTORY},
}
"""Columns of the survey's own that a feature of another name is made of."""


def asks_history(names: Iterable[str]) -> bool:
    """Return whether any of these features is made of earlier measurements."""
    return not _FROM_HISTORY.isdisjoint(names)


def columns_of(names: Iterable[str]) -> set[str]:
    """Return the columns of the alerts that these features are made of, where there are such.

    >>> sorted(columns_of(["age", "fwhm"]))
    ['age', 'fwhm', 'jdstarthist']
    """
    return {column for name in names for column in (name, *_FOR_OTHERS.get(name, ()))}


def make_features(
    alerts: pa.Table,
    history: pa.Table | None,
    names: Sequence[str],
    norms: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, list[str | None]]:
    """Make the features of N alerts.

    Parameters
    ----------
    alerts : pyarrow.Table, N rows
        Columns of the packets' ``candidate`` under their own names. Any numeric one can
        be a feature; a missing ``drb`` is replaced by ``rb``.
    history : pyarrow.Table or None
        Earlier measurements: candid (the alert's), kind, jd, mag (null: not detected).
        Only kind "prv" and jd up to the alert's own count: a packet processed again
        later must not see its future. None where no feature `asks_history`.
    names : sequence of str, length F
        Columns of `alerts`, or of `DERIVED`.
    norms : mapping of str to float, optional
        A feature is divided by its norm, where it has one.

    Returns
    -------
    features : numpy.ndarray, float32, shape (N, F)
        NaN where a value is null.
    reasons : list of str or None, length N
        Why an alert's features cannot be used, for example "feature chinr is null".

    Raises
    ------
    ValueError
        If a name is no numeric column and none of `DERIVED`.
    """
    norms = norms or {}
    if unknown := [n for n in names if n not in DERIVED and n not in alerts.column_names]:
        raise ValueError(f"no such feature: {', '.join(unknown)}")
    derived = _derive(alerts, history, set(names))
    columns = [derived[n] if n in derived else _column(alerts, n) for n in names]
    divided = [c / norms.get(n, 1.0) for n, c in zip(names, columns, strict=True)]
    with np.errstate(over="ignore"):  # an overflow is found and named below
        features = np.stack(divided, axis=1).astype(np.float32)
    return features, _reasons(features, names)


def _reasons(features: np.ndarray, names: Sequence[str]) -> list[str | None]:
    """Name the first unusable feature of each row."""
    reasons: list[str | None] = [None] * len(features)
    unusable = ~np.isfinite(features)
    for row in np.flatnonzero(unusable.any(axis=1)):
        column = unusable[row].argmax()
        state = "null" if np.isnan(features[row, column]) else "infinite"
        reasons[row] = f"feature {names[column]} is {state}"
    return reasons


def _column(alerts: pa.Table, name: str) -> np.ndarray:
    """Return a column as float64, null as NaN."""
    if name == "drb" and "rb" in alerts.column_names:
        column = pc.coalesce(_floats(alerts, "drb"), _floats(alerts, "rb"))
    else:
        column = _floats(alerts, name)
    return column.to_numpy()


def _floats(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = table[name]
    kind = column.type
    if not any(f(kind) for f in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)):
        raise ValueError(f"feature {name} is no number but {kind}")
    return pc.cast(column, pa.float64(), safe=False)


def _derive(alerts: pa.Table, history: pa.Table | None, wanted: set[str]) -> dict[str, np.ndarray]:
    """Return those of the derived features that are wanted."""
    derived = {}
    if "nnondet" in wanted:
        derived["nnondet"] = _column(alerts, "ncovhist") - _column(alerts, "ndethist")
    if "age" in wanted:
        derived["age"] = _column(alerts, "jd") - _column(alerts, "jdstarthist")
    if asks_history(wanted):
        assert history is not None  # as its callers have asked
        peak_jd, peak_mag, max_mag = _extremes(alerts, history)
        derived["peakmag_so_far"] = peak_mag
        derived["maxmag_so_far"] = max_mag
        derived["days_since_peak"] = _column(alerts, "jd") - peak_jd
        derived["days_to_peak"] = peak_jd - _column(alerts, "jdstarthist")
    return derived


def _extremes(alerts: pa.Table, history: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return jd and magnitude of the brightest and magnitude of the faintest detection.

    The alert itself counts. All of shape (N,), NaN for an alert without a magnitude.
    """
    owner, jd, mag = _detections(alerts, history)
    peak_jd, peak_mag, max_mag = np.full((3, alerts.num_rows), np.nan)
    # Sorted by magnitude, then by time: an alert's first row is its (earliest) peak.
    order = np.lexsort((jd, mag, owner))
    owner, jd, mag = owner[order], jd[order], mag[order]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    last = np.append(first[1:], len(owner))[: len(first)] - 1
    peak_jd[owner[first]] = jd[first]
    peak_mag[owner[first]] = mag[first]
    max_mag[owner[first]] = mag[last]
    return peak_jd, peak_mag, max_mag


def _detections(alerts: pa.Table, history: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row of its alert, jd and magnitude of every detection up to each alert."""
    earlier = history.filter(pc.equal(history["kind"], "prv"))
    candid = earlier["candid"].to_numpy()
    order = np.argsort(candid, kind="stable")
    start, stop = (
        np.searchsorted(candid[order], alerts["candid"].to_numpy(), side)
        for side in ("left", "right")
    )
    counts = stop - start
    rows = np.arange(alerts.num_rows)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    index = order[np.repeat(start, counts) + offsets]

    alert_jd = _column(alerts, "jd")
    owner = np.concatenate([np.repeat(rows, counts), rows])
    jd = np.concatenate([_column(earlier, "jd")[index], alert_jd])
    mag = np.concatenate([_column(earlier, "mag")[index], _column(alerts, "magpsf")])
    use = np.isfinite(mag) & (jd <= alert_jd[owner])
    return owner[use], jd[use], mag[use]
