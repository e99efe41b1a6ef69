"""A user's filter, as jobs know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAME = r"[A-Za-z0-9_.-]{1,100}"
"""What a filter may be called: it names files."""


@dataclass(frozen=True)
class Filter:
    """What decides which alerts pass.

    Attributes
    ----------
    name : str
    survey : str
        Whose alerts it looks at.
    permissions : tuple of int
        Values of ``programid`` that it may see.
    version : str
        Stored beside every verdict.
    pipeline : str
        A MongoDB aggregation in extended JSON, without comments; empty where it is `sql`.
    sql : str
        One SELECT over the views alerts, scores, matches and history.
    """

    name: str
    survey: str = "ztf"
    permissions: tuple[int, ...] = (1,)
    version: str = ""
    pipeline: str = ""
    sql: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Filter":
        """Return the filter of plain values, as Snakemake's params have them."""
        return cls(**{**values, "permissions": tuple(values["permissions"])})


@dataclass(frozen=True)
class Sending:
    """What SkyPortal is told with a filter's candidates, as upstream tells it.

    Attributes
    ----------
    group : str
        Of users, by name.
    group_id, filter_id : int or None
        SkyPortal's own numbers.
    autosave, update_annotations, auto_followup : Any
        Of the stored filter, as they are (false, true or a mapping).
    """

    group: str = ""
    group_id: int | None = None
    filter_id: int | None = None
    autosave: Any = False
    update_annotations: Any = False
    auto_followup: Any = field(default_factory=dict)
