"""Packets of one schema that are decoded together, and the tables that are made of them.

Each is made when it is first asked for, so that who needs no stamps, or no history, does not
pay for them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from pipeline.alerts.alerts_table import alerts_table, unlisted_fields
from pipeline.alerts.documents import Documents, documents
from pipeline.alerts.history_table import history_rows, history_table
from pipeline.alerts.rejected_table import CLEAN, rejected_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.records import Records

STAMPS = ("science", "template", "difference")
"""Columns of stamps, in the order of `Survey.cutouts`."""


@dataclass(frozen=True)
class Decoded:
    """n packets, and what is made of them.

    Attributes
    ----------
    records : Records
        The packets themselves.
    rows : pyarrow.Table, n rows
        Of the index.
    survey : Survey
    only : collection of str or None
        Which of the survey's own columns `alerts` has; None for all.
    """

    records: Records
    rows: pa.Table
    survey: Survey
    only: Collection[str] | None = None

    @property
    def alerts(self) -> pa.Table:
        """The m packets that can be used, of `pipeline.alerts.alerts_table.alerts_schema`."""
        return self._cleaned[0]

    @cached_property
    def history(self) -> pa.Table:
        """Earlier measurements, of `pipeline.alerts.history_table.HISTORY_SCHEMA`."""
        return history_table(self.records, self.survey, self.alerts, self.kept)

    @cached_property
    def documents(self) -> Documents:
        """The m packets that can be used, whole, as documents."""
        return documents(self.records, self.survey, self.kept, self.alerts)

    @property
    def history_rows(self) -> int:
        """How many rows `history` has, without making them."""
        return history_rows(self.records, self.survey, self.kept)

    @cached_property
    def stamps(self) -> pa.Table | None:
        """The alerts' stamps as bytes, m rows: candid and `STAMPS`.

        None where the packets came without.
        """
        columns = [self.records.column(path) for path in self.survey.cutouts]
        found = [column for column in columns if column is not None and _is_binary(column.type)]
        if not found or len(found) < len(columns):
            return None
        stamps = found if self.kept.all() else [c.filter(pa.array(self.kept)) for c in found]
        return pa.table([self.alerts["candid"], *stamps], names=["candid", *STAMPS])

    @cached_property
    def rejected(self) -> pa.Table:
        """The n - m others, of `pipeline.alerts.rejected_table.REJECTED_SCHEMA`."""
        drop = pa.array(~self.kept)
        why = pa.array(self._cleaned[1], pa.string()).filter(drop)
        return rejected_table(self.rows.filter(drop), CLEAN, why)

    @cached_property
    def unlisted(self) -> list[str]:
        """Scalars of the packets that no column takes: see `unlisted_fields`."""
        return unlisted_fields(self.records, self.survey)

    @cached_property
    def _cleaned(self) -> tuple[pa.Table, list[str | None]]:
        return alerts_table(self.records, self.survey, self.only)

    @cached_property
    def kept(self) -> np.ndarray:
        """Which of the n packets are alerts, (n,) bool."""
        return np.array([reason is None for reason in self._cleaned[1]], dtype=bool)


def _is_binary(type_: pa.DataType) -> bool:
    return pa.types.is_binary(type_) or pa.types.is_large_binary(type_)
