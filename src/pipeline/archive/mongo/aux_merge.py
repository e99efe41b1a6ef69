"""How an object's document takes up what another of its alerts brings: in the server, at once.

What comes out does not depend on the order in which alerts come, nor on how often: histories
are sets, sorted; of forced photometry of one time the item counts whose alert was the
brightest; the matches are those of the object's first alert, as Kowalski has them.
"""

from functools import cache
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne

from pipeline.alerts.histories import Series

Document = dict[str, Any]
_NEW = "_new"
"""Where the document that is taken up stands meanwhile."""


def merge(object_id: str, aux: bytes, series: tuple[Series, ...]) -> UpdateOne:
    """Return the update that takes up one alert's part; the document is made if need be.

    Parameters
    ----------
    object_id : str
    aux : bytes
        BSON, of `pipeline.archive.mongo.shapes.Shaped.aux`.
    series : tuple of Series
    """
    new = {"$set": {_NEW: {"$literal": RawBSONDocument(aux)}}}
    return UpdateOne({"_id": object_id}, [new, *_stages(series)], upsert=True)


@cache
def _stages(series: tuple[Series, ...]) -> tuple[Document, ...]:
    """Return what is the same for all objects."""
    old = {"$ifNull": ["$cross_matches_of", {"jd": _NEVER}]}
    first = {"$lte": [f"${_NEW}.cross_matches_of", old]}
    chosen = {
        name: {"$cond": [first, f"${_NEW}.{name}", f"${name}"]}
        for name in ("cross_matches", "cross_matches_of")
    }
    histories = {one.name: _together(one) for one in series}
    return {"$set": {**chosen, **histories}}, {"$unset": _NEW}


_NEVER = float("inf")


def _together(series: Series) -> Document:
    """Return the set of old and new items, sorted: by their first field, then the others."""
    old = {"$ifNull": [f"${series.name}", []]}
    both = {"$setUnion": [old, f"${_NEW}.{series.name}"]}
    every: Document = {"$sortArray": {"input": both, "sortBy": 1}}
    return _first_of_each_time(every, series.time) if series.one_per_time else every


def _first_of_each_time(every: Document, time: str) -> Document:
    """Keep the first item of each time: alert_mag is the second field that sorts."""
    item = {"$arrayElemAt": ["$$all", "$$i"]}
    before = {"$arrayElemAt": ["$$all", {"$subtract": ["$$i", 1]}]}
    times = [{"$getField": {"field": time, "input": one}} for one in (item, before)]
    wanted = {"$or": [{"$eq": ["$$i", 0]}, {"$ne": times}]}
    numbers = {"$range": [0, {"$size": "$$all"}]}
    kept = {"$filter": {"input": numbers, "as": "i", "cond": wanted}}
    return {"$let": {"vars": {"all": every}, "in": {"$map": {
        "input": kept, "as": "i", "in": item,
    }}}}  # fmt: skip
