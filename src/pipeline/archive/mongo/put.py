"""Documents under their names: what is there and equal is left alone, the rest written."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from pipeline.services.mongo_errors import DUPLICATE, codes

Raw = Collection[RawBSONDocument]
Keys = Sequence[tuple[str, int | str]]
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def raw_collection(database: Database[dict[str, Any]], name: str) -> Raw:
    """Return a collection whose documents are read and written as bytes."""
    return cast(Raw, database.get_collection(name, codec_options=_RAW))


def there(collection: Raw, names: Sequence[Any]) -> dict[Any, bytes]:
    """Return the documents that are there already, by name."""
    found = collection.find({"_id": {"$in": list(names)}})
    return {document["_id"]: bytes(document.raw) for document in found}


def put(
    collection: Raw, wanted: Mapping[Any, bytes], known: Mapping[Any, bytes] | None = None
) -> None:
    """Write documents.

    Parameters
    ----------
    collection : pymongo.collection.Collection
    wanted : mapping of names to bytes
        BSON, by ``_id``.
    known : mapping, optional
        Of `there`, where it has been asked.
    """
    known = there(collection, list(wanted)) if known is None else known
    insert(collection, [RawBSONDocument(d) for name, d in wanted.items() if name not in known])
    changed: list[ReplaceOne[RawBSONDocument]] = [
        ReplaceOne({"_id": name}, RawBSONDocument(d))
        for name, d in wanted.items()
        if name in known and known[name] != d
    ]
    if changed:
        collection.bulk_write(changed, ordered=False)


def insert(collection: Raw, new: Sequence[RawBSONDocument]) -> list[int]:
    """Insert documents; return the numbers of those that somebody else has inserted meanwhile."""
    if not new:
        return []
    try:
        collection.insert_many(new, ordered=False)
    except BulkWriteError as error:
        if set(codes(error)) != {DUPLICATE}:
            raise
        return [int(part["index"]) for part in (error.details or {})["writeErrors"]]
    return []
