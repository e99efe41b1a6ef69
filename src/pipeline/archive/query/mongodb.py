"""Queries answered by a MongoDB in which the alerts are (`archive.uri`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pymongo.database import Database
from pymongo.errors import PyMongoError

from pipeline.archive.query.home import DEFAULT, Document, Found, Options, Wanted
from pipeline.archive.query.positions import Positions
from pipeline.documents.check import check_pipeline, check_query
from pipeline.services.mongo_errors import codes, said
from pipeline.services.mongodb import Server, connected

if TYPE_CHECKING:
    from pipeline.archive.cones.regions import Area

_OUTER, _INNER = "coordinates", "radec_geojson"
POINT = f"{_OUTER}.{_INNER}"
"""Where an alert is: GeoJSON, with longitude ra - 180 deg."""
JD = "candidate.jd"
EARTH_M = 6_378_100.0
"""What MongoDB takes for the radius of the sphere that its distances [m] are on."""
OUT_OF_TIME = 50
Answer = TypeVar("Answer")


@contextmanager
def mongo_home(server: Server) -> Iterator["MongoHome"]:
    """Open a database for queries.

    Raises
    ------
    pipeline.services.mongo_errors.ServiceError
        If the address or the credentials are of no use.
    """
    with connected(server) as database:
        yield MongoHome(database)


class MongoHome:
    """A `pipeline.archive.query.home.Home` of a database: its collections are the catalogues.

    Filters and pipelines that write, join or run code are refused here already, whatever the
    user may do in the database.

    Parameters
    ----------
    database : pymongo.database.Database
    """

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def catalog_names(self) -> list[str]:
        """Return the names of the collections."""
        names = _asked(self._database.list_collection_names)
        return sorted(name for name in names if not name.startswith("system."))

    def catalog_info(self, catalog: str) -> Document:
        """Return a collection's size and number of documents."""
        self._check(catalog)
        stats = _asked(lambda: self._database.command("collstats", catalog))
        return {name: stats[name] for name in ("ns", "count", "size", "nindexes", "indexSizes")}

    def index_info(self, catalog: str) -> Document:
        """Return a collection's indexes."""
        self._check(catalog)
        return dict(_asked(self._database[catalog].index_information))

    def db_info(self) -> Document:
        """Return how large the database is."""
        stats = _asked(lambda: self._database.command("dbstats"))
        return {name: stats[name] for name in ("db", "collections", "objects", "dataSize")}

    def find(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> list[Document]:
        """Return documents."""
        self._check(catalog)
        check_query(wanted.filter)
        return self._found(catalog, wanted, dict(wanted.filter), options)

    def find_one(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> Document | None:
        """Return the first document, if there is one."""
        one = Options(1, options.skip, options.sort, options.max_time_s)
        return next(iter(self.find(catalog, wanted, one)), None)

    def count_documents(
        self, catalog: str, filter: Mapping[str, Any], options: Options = DEFAULT
    ) -> int:
        """Return how many documents pass a filter."""
        self._check(catalog)
        check_query(filter)
        count = self._database[catalog].count_documents
        return _asked(lambda: count(dict(filter), maxTimeMS=_ms(options)))

    def estimated_document_count(self, catalog: str) -> int:
        """Return how many documents there are, at once."""
        self._check(catalog)
        return _asked(self._database[catalog].estimated_document_count)

    def aggregate(
        self, catalog: str, pipeline: Sequence[Mapping[str, Any]], options: Options = DEFAULT
    ) -> list[Document]:
        """Return what comes out of a pipeline of stages."""
        self._check(catalog)
        check_pipeline(list(pipeline))
        run = self._database[catalog].aggregate
        return _asked(lambda: list(run(list(pipeline), maxTimeMS=_ms(options))))

    def cone_search(
        self,
        positions: Positions,
        arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents within a radius [arcsec] of positions."""
        radians = float(np.radians(arcsec / 3600))

        def within(ra: float, dec: float) -> Document:
            if radians >= np.pi:
                return {}
            return {POINT: {"$geoWithin": {"$centerSphere": [[ra - 180, dec], radians]}}}

        return self._around(positions, within, catalogs, options)

    def near(
        self,
        positions: Positions,
        least_arcsec: float,
        most_arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents between two distances of positions, nearest first."""
        least, most = (
            float(np.radians(arcsec / 3600)) * EARTH_M for arcsec in (least_arcsec, most_arcsec)
        )

        def between(ra: float, dec: float) -> Document:
            point = {"type": "Point", "coordinates": [ra - 180, dec]}
            near = {"$geometry": point, "$minDistance": least, "$maxDistance": most}
            return {POINT: {"$nearSphere": near}}

        return self._around(positions, between, catalogs, options)

    def skymap(
        self, area: "Area", catalog: str, wanted: Wanted, options: Options = DEFAULT
    ) -> list[Document]:
        """Return the documents inside a credible region, the most probable first."""
        from pipeline.archive.query.regions import (  # noqa: PLC0415 - reads maps
            circle_around,
            in_window,
            levels_inside,
            survey_in,
        )

        self._check(catalog)
        check_query(wanted.filter)
        query: Document = dict(wanted.filter)
        if circle := circle_around(area):
            (ra, dec), radians = circle
            within = {"$geoWithin": {"$centerSphere": [[ra - 180, dec], radians]}}
            query = {"$and": [{POINT: within}, query]}
        fields: Document = {POINT: 1}
        window = _window(area)
        survey = survey_in(catalog) if window else None
        if survey and survey.time == JD:
            query = {"$and": [{JD: window}, query]}
        elif survey:  # in another time scale, which is not the server's to convert
            fields[survey.time] = 1
        places = self._found(catalog, Wanted({}, fields), query, _all(options))
        if survey and survey.time in fields:
            places = in_window(area, survey, places)
        places.sort(key=lambda place: place["_id"])
        inside = levels_inside(area, [p[_OUTER][_INNER]["coordinates"] for p in places])
        ids = [places[number]["_id"] for number in inside]
        if options.sort:
            return self._found(catalog, wanted, {"_id": {"$in": ids}}, options)
        end = None if options.limit is None else options.skip + options.limit
        return self._in_order(catalog, ids[options.skip : end], wanted.projection, options)

    def _in_order(
        self,
        catalog: str,
        ids: list[Any],
        projection: Mapping[str, Any] | None,
        options: Options,
    ) -> list[Document]:
        """Return documents in the order of their keys."""
        fields = dict(projection or {})
        without = fields.get("_id", 1) in (0, False)
        if without:  # it says which is which
            del fields["_id"]
        these = Wanted({}, fields)
        found = self._found(catalog, these, {"_id": {"$in": ids}}, _all(options))
        by_id = {document["_id"]: document for document in found}
        ordered = [by_id[key] for key in ids if key in by_id]
        for document in ordered if without else ():
            del document["_id"]
        return ordered

    def _around(
        self,
        positions: Positions,
        where: Callable[[float, float], Document],
        catalogs: Mapping[str, Wanted],
        options: Options,
    ) -> Found:
        answer: Found = {}
        for catalog, wanted in catalogs.items():
            self._check(catalog)
            check_query(wanted.filter)
            answer[catalog] = {}
            for name, ra, dec in zip(*positions, strict=True):
                query = {"$and": [where(float(ra), float(dec)), dict(wanted.filter)]}
                answer[catalog][name] = self._found(catalog, wanted, query, options)
        return answer

    def _found(
        self, catalog: str, wanted: Wanted, query: Document, options: Options
    ) -> list[Document]:
        cursor = self._database[catalog].find(
            query,
            dict(wanted.projection) if wanted.projection else None,
            skip=options.skip,
            limit=options.limit or 0,
            sort=list(options.sort) or None,
            max_time_ms=_ms(options),
        )
        return [] if options.limit == 0 else _asked(lambda: list(cursor))

    def _check(self, catalog: str) -> None:
        if catalog not in (there := self.catalog_names()):
            raise ValueError(
                f"there is no catalogue {catalog!r:.100}; there are {', '.join(there)}"
            )


def _window(area: "Area") -> Document:
    """Return the condition of a region's window, if it has one."""
    ends = {"$gte": area.first_jd, "$lte": area.last_jd}
    return {name: jd for name, jd in ends.items() if np.isfinite(jd)}


def _all(options: Options) -> Options:
    return Options(max_time_s=options.max_time_s)


def _ms(options: Options) -> int:
    return max(1, round(options.max_time_s * 1e3))


def _asked(ask: Callable[[], Answer]) -> Answer:
    """Return an answer; what the driver says is told without documents.

    Raises
    ------
    ValueError
    """
    try:
        return ask()
    except PyMongoError as error:
        if OUT_OF_TIME in codes(error):
            raise ValueError("stopped: it takes longer than it may") from None
        raise ValueError(f"MongoDB: {said(error)}") from None
