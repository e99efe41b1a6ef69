"""Items of histories as rows: whose, known since when, and their fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.alerts.histories import Series, collected
from pipeline.alerts.surveys.survey import Survey
from pipeline.filters.history.kinds import columns_in, common
from pipeline.filters.history.order import (
    distinct,
    first_for_somebody,
    first_of_each_time,
    times_of,
)


@dataclass(frozen=True)
class Items:
    """n items of one of a survey's arrays.

    Attributes
    ----------
    owner : numpy.ndarray, int64, shape (n,)
        Whose they are: an object, or an alert.
    known : numpy.ndarray, float64, shape (n,)
        Time of the packet that brought them, as the survey's packets have it.
    fields : dict of str to pyarrow.Array
        Their columns, the time first; null where an item lacks the field.
    unlike : tuple of str
        Fields that are left out, as they are numbers in some packets and text in others.
    """

    owner: NDArray[np.int64]
    known: NDArray[np.float64]
    fields: dict[str, pa.Array]
    unlike: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: pa.Table, series: Series, known: NDArray[np.float64]) -> Self:
        """Return what packets carry; an item's owner is the number of its packet.

        Parameters
        ----------
        table : pyarrow.Table, n rows
            Packets as documents.
        series : Series
        known : numpy.ndarray, float64, shape (n,)
            Time of each packet.
        """
        lists, _ = collected(table, series)
        counts = np.asarray(pc.list_value_length(lists)).astype(np.int64)
        owner = np.repeat(np.arange(table.num_rows), counts)
        items = lists.flatten()
        fields = dict(zip([f.name for f in items.type], items.flatten(), strict=True))
        types, unlike = common([{name: array.type for name, array in fields.items()}])
        return cls(owner, known[owner], columns_in(types, fields, len(items)), tuple(unlike))

    @classmethod
    def together(cls, some: Sequence[Self]) -> Self:
        """Return the items of all."""
        some = [one for one in some if one.fields]
        if not some:
            return cls(np.zeros(0, np.int64), np.zeros(0), {})
        types, unlike = common([{n: a.type for n, a in one.fields.items()} for one in some])
        parts = [columns_in(types, one.fields, one.owner.size) for one in some]
        return cls(
            np.concatenate([one.owner for one in some]),
            np.concatenate([one.known for one in some]),
            {name: pa.concat_arrays([part[name] for part in parts]) for name in types},
            tuple(dict.fromkeys([*unlike, *(name for one in some for name in one.unlike)])),
        )

    @property
    def time(self) -> NDArray[np.float64]:
        """Return their own times, as packets have them; -inf where one has none."""
        return times_of(self.fields) if self.fields else np.zeros(0)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return some of them."""
        chosen = pa.array(rows)
        fields = {name: array.take(chosen) for name, array in self.fields.items()}
        return type(self)(self.owner[rows], self.known[rows], fields, self.unlike)

    def stored(self, series: Series) -> Self:
        """Return what is to be known of them at any later time, sorted by owner."""
        return self._kept(
            series, lambda some: first_for_somebody(some.owner, some.time, some.known)
        )

    def merged(self, series: Series) -> Self:
        """Return them as an object's document has them after all its packets, sorted by owner."""
        return self._kept(series, lambda some: first_of_each_time(some.owner, some.time))

    def _kept(self, series: Series, which: "Callable[[Items], NDArray[np.bool_]]") -> Self:
        if not self.owner.size:
            return self
        some = self.take(distinct(self.owner, self.known, self.fields))
        return some.take(np.flatnonzero(which(some))) if series.one_per_time else some


def time_of(table: pa.Table, survey: Survey) -> NDArray[np.float64]:
    """Return the time of packets as they have it themselves, of which documents are made."""
    first, *rest = survey.time.split(".")
    array = table[first].combine_chunks()
    for name in rest:
        array = pc.struct_field(array, name)
    return np.asarray(array.cast(pa.float64()))
