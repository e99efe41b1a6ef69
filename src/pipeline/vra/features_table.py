"""The table ``features``: what the assistant knows of each alert of its pool."""

from collections.abc import Iterable

import pyarrow as pa

from pipeline.io.tables import field, survey_schema
from pipeline.vra.light_curve_features import COUNTS, SIX, SUFFIX
from pipeline.vra.light_curves import BANDS

FEATURES = (
    *("ra", "dec", "drb"),
    *COUNTS,
    "sep_arcsec",
    *(f"{name}{SUFFIX[band]}" for band in BANDS for name in SIX),
    "ebv",
)
"""The 21 of finkvra, in its order: models that were trained there take them so."""

_NO_FEATURES = frozenset(
    ("survey", "candid", "object_id", "jd", "reason", "rank", "score", "value", "held_out", "class")
)
"""Columns of tables with features that are none."""


def feature_names(columns: Iterable[str]) -> list[str]:
    """Return which columns of a table are features: the 21, then those of `vra.further`.

    >>> feature_names(["candid", "ra", "alerts_magpsf", "reason"])
    ['ra', 'alerts_magpsf']
    """
    return [name for name in columns if name not in _NO_FEATURES]


_UNITS = {
    "ra": "deg",
    "dec": "deg",
    "dets_median": "mag",
    "dets_std": "mag",
    "sep_arcsec": "arcsec",
    "ebv": "mag",
    "amplitude": "mag",
    "linear_fit_slope": "mag / d",
    "linear_fit_slope_sigma": "mag / d",
    "median": "mag",
    "median_absolute_deviation": "mag",
}
_TOLD = {
    "ndets": "detections brighter than the template in the packet's light curve",
    "nnondets": "limits without a detection in it",
    "dets_median": "of the detections",
    "dets_std": "of the detections (ddof 0)",
    "sep_arcsec": "to the host",
    "ebv": "E(B-V) of the Milky Way",
    "amplitude": "half of the range",
    "linear_fit_reduced_chi2": "of a line through magnitudes and times",
}


def _field(name: str) -> pa.Field:
    plain = name.removesuffix("r_") if name.endswith("r_") and name[:-2] in SIX else name
    kind = pa.float64() if name in ("ra", "dec") else pa.float32()
    band = "" if plain not in SIX else "r band: " if plain != name else "g band: "
    return field(name, kind, _UNITS.get(plain, ""), f"{band}{_TOLD.get(plain, '')}".rstrip(": "))


FEATURES_SCHEMA = survey_schema(
    pa.schema(
        [
            field("candid", pa.int64(), description="the alert, as in the table alerts"),
            field("object_id", pa.string()),
            field("jd", pa.float64(), "d", "Julian date of the alert, UTC"),
            *map(_field, FEATURES),
            field(
                "reason",
                pa.dictionary(pa.int32(), pa.string()),
                description="why features are null that no light curve decides; null if none is",
            ),
        ]
    )
)


def features_schema(further: Iterable[str]) -> pa.Schema:
    """Return the schema of the table with further features, which stand before ``reason``."""
    fields = [field(name, pa.float32()) for name in further]
    *before, reason = FEATURES_SCHEMA
    return pa.schema([*before, *fields, reason])
