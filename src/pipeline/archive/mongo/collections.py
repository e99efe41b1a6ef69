"""Writing to a survey's two collections: again and again, with the same result."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel
from pymongo.database import Database

from pipeline.alerts.histories import Series
from pipeline.archive.mongo.aux_merge import merge
from pipeline.archive.mongo.put import Keys, Raw, insert, put, raw_collection, there
from pipeline.archive.mongo.shapes import CLASSIFICATIONS, Shaped
from pipeline.archive.places import collection_name
from pipeline.documents.bson_documents import documents, split

Document = dict[str, Any]


@dataclass
class Pair:
    """The collections of a survey's alerts and objects.

    Attributes
    ----------
    database : pymongo.database.Database
    survey : str
        Its name in the collections' names is in capitals.
    series : tuple of Series
        The histories of its objects.
    """

    database: Database[Document]
    survey: str
    series: tuple[Series, ...]
    alerts: Raw = field(init=False)
    aux: Raw = field(init=False)

    def __post_init__(self) -> None:
        name = collection_name(self.survey)
        self.alerts = raw_collection(self.database, name)
        self.aux = raw_collection(self.database, f"{name}_aux")

    def index(self, alerts: Sequence[Keys], aux: Sequence[Keys]) -> None:
        """Make the indexes that are not there yet."""
        for collection, wanted in ((self.alerts, alerts), (self.aux, aux)):
            if wanted:
                collection.create_indexes([IndexModel(list(keys)) for keys in wanted])

    def write(self, batch: "Batch") -> None:
        """Write documents, those of the objects first: what has an alert has all it brings.

        Documents that are there and equal are left alone, others replaced.

        Raises
        ------
        pymongo.errors.PyMongoError
            All may be written again after it.
        """
        wanted = dict(zip(batch.candids, batch.alerts, strict=True))
        known = there(self.alerts, batch.candids)
        same = {candid for candid, document in known.items() if wanted[candid] == document}
        self._write_aux(batch, same)
        put(self.alerts, wanted, known)

    def _write_aux(self, batch: "Batch", same: set[int]) -> None:
        names = list({name for name in batch.objects if name is not None})
        found = self.aux.find({"_id": {"$in": names}}, {"cross_matches": 1, "cross_matches_of": 1})
        objects = {document["_id"]: document for document in found}
        new: dict[str, int] = {}
        known = []
        for i, name in enumerate(batch.objects):
            if name is None or not self._brings(batch, i, same, objects.get(name)):
                continue
            if name in objects or name in new or not batch.merged[i]:
                known.append(i)
            else:
                new[name] = i
        late = insert(self.aux, [RawBSONDocument(batch.aux[i]) for i in new.values()])
        inserted = list(new.values())
        merged = sorted([*known, *(inserted[k] for k in late)])
        if merged:
            updates = [merge(str(batch.objects[i]), batch.aux[i], self.series) for i in merged]
            self.aux.bulk_write(updates, ordered=False)

    def _brings(
        self, batch: "Batch", i: int, same: set[int], there: RawBSONDocument | None
    ) -> bool:
        """Return whether an alert may bring anything that its object's document lacks."""
        if there is None or batch.candids[i] not in same:
            return True
        own = RawBSONDocument(batch.aux[i])
        if there.get("cross_matches_of") != own["cross_matches_of"]:
            return False  # those of another alert count
        return bool(there.get("cross_matches") != own["cross_matches"])


@dataclass
class Batch:
    """n alerts and what they bring to their objects, as BSON.

    Attributes
    ----------
    candids : list of int
    objects : list of str or None
    alerts, aux : list of bytes
    merged : numpy.ndarray, bool
        As of `Shaped`.
    """

    candids: list[int]
    objects: list[str | None]
    alerts: list[bytes]
    aux: list[bytes]
    merged: np.ndarray

    @classmethod
    def of(cls, shaped: Shaped) -> "Batch":
        """Write documents as BSON."""
        return cls(
            shaped.alerts["_id"].to_numpy().tolist(),
            shaped.aux["_id"].to_pylist(),
            split(*documents(shaped.alerts, sparse=(CLASSIFICATIONS,))),
            split(*documents(shaped.aux)),
            shaped.merged,
        )

    def add_to(self, digest: "hashlib._Hash") -> None:
        """Add the documents to a hash."""
        for parts in (self.alerts, self.aux):
            for part in parts:
                digest.update(part)
