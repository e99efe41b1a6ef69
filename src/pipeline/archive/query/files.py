"""Queries answered from the tables of a working directory: no server, no service."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.archive.cones.search import DISTANCE, search
from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.query.home import DEFAULT, Document, Found, Options, Wanted
from pipeline.archive.query.positions import Positions
from pipeline.archive.tables import ALERTS
from pipeline.archive.whole import surveys_of, tables_of
from pipeline.io.numpy_arrow import flags_to_arrow, from_arrow
from pipeline.sky.healpix import lonlat_to_vec

if TYPE_CHECKING:
    from pipeline.archive.cones.regions import Area


class FilesHome:
    """A `pipeline.archive.query.home.Home` of the tables.

    Its catalogues are the tables, of all surveys (a document is a row, with ``survey`` and
    ``night``), where documents are kept ``<SURVEY>_alerts``, as a MongoDB has it, and the
    catalogues of the configuration that have been sorted.

    Parameters
    ----------
    directory : str or Path
        The workflow's working directory.

    Raises
    ------
    ValueError
        If it has no tables.
    """

    def __init__(self, directory: str | Path = ".") -> None:
        self.directory = Path(directory)
        if not tables_of(self.directory):
            raise ValueError(f"{self.directory}: there are no tables under results/")

    def cones(
        self,
        positions: Positions,
        arcsec: float,
        columns: Sequence[str] | str | None = None,
        surveys: Sequence[str] | None = None,
        least_arcsec: float = 0.0,
    ) -> pa.Table:
        """Return all alerts near positions, as a table: the fast way, for many.

        Parameters
        ----------
        positions : Positions
        arcsec, least_arcsec : float
            The largest distance and the least, both inclusive [arcsec].
        columns : sequence of str, "all" or None
            What is told of each; None: what the cone indexes have.
        surveys : sequence of str, optional
            All, if none are named.

        Returns
        -------
        pyarrow.Table
            As of `pipeline.archive.cones.search.search`, with ``position`` (int64) as the
            number of the position.

        Raises
        ------
        ValueError
            If there is no such column or survey.
        """
        vec = lonlat_to_vec(positions.ra, positions.dec)
        found = search(self.directory, self._surveys(surveys), vec, arcsec, columns)
        if least_arcsec > 0:
            far = from_arrow(found[DISTANCE.name]) >= least_arcsec
            found = found.filter(flags_to_arrow(far))
        return found

    def region(
        self,
        area: "Area",
        columns: Sequence[str] | str | None = None,
        surveys: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return all alerts inside a credible region, in its window, as a table.

        Parameters
        ----------
        area : pipeline.archive.cones.regions.Area
        columns, surveys
            As of `cones`.

        Returns
        -------
        pyarrow.Table
            As of `pipeline.archive.cones.regions.search_region`.
        """
        from pipeline.archive.cones.regions import search_region  # noqa: PLC0415 - reads maps

        return search_region(self.directory, self._surveys(surveys), area, columns)

    def _surveys(self, wanted: Sequence[str] | None) -> Sequence[str]:
        there = surveys_of(self.directory)
        for survey in wanted or ():
            if survey not in there:
                raise ValueError(f"no alerts of {survey!r}; there are {', '.join(there)}")
        return wanted or there

    def cone_search(
        self,
        positions: Positions,
        arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents within a radius [arcsec] of positions."""
        return self._near(positions, 0.0, arcsec, catalogs, options)

    def near(
        self,
        positions: Positions,
        least_arcsec: float,
        most_arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents between two distances of positions, nearest first."""
        return self._near(positions, least_arcsec, most_arcsec, catalogs, options)

    def _near(
        self,
        positions: Positions,
        least: float,
        most: float,
        catalogs: Mapping[str, Wanted],
        options: Options,
    ) -> Found:
        from pipeline.archive.query.catalogs import is_store  # noqa: PLC0415 - as above
        from pipeline.archive.query.documents import documents_near  # noqa: PLC0415
        from pipeline.archive.query.placed import catalog_near  # noqa: PLC0415

        answer: Found = {}
        for catalog, wanted in catalogs.items():
            if is_store(self.directory, catalog):
                vec = lonlat_to_vec(positions.ra, positions.dec)
                between = (least, most)
                rows = catalog_near(self.directory, catalog, vec, between, wanted, options)
            else:
                survey = self._placed(catalog)
                columns = EVERY_COLUMN if survey is None else ["candid"]
                surveys = None if survey is None else [survey]
                found = self.cones(positions, most, columns, surveys, least)
                rows = documents_near(self.directory, catalog, found, wanted, options)
            answer[catalog] = {name: [] for name in positions.names}
            for position, document in rows:
                answer[catalog][positions.names[position]].append(document)
        return answer

    def skymap(
        self, area: "Area", catalog: str, wanted: Wanted, options: Options = DEFAULT
    ) -> list[Document]:
        """Return the documents inside a credible region, in its window."""
        from pipeline.archive.query.documents import documents_near  # noqa: PLC0415 - as above

        survey = self._placed(catalog)
        columns = EVERY_COLUMN if survey is None else ["candid"]
        found = self.region(area, columns, None if survey is None else [survey])
        return [d for _, d in documents_near(self.directory, catalog, found, wanted, options)]

    def _placed(self, catalog: str) -> str | None:
        """Return the survey of a catalogue whose documents have positions; None: of all."""
        from pipeline.archive.query.catalogs import names, survey_of  # noqa: PLC0415 - as above

        survey = survey_of(self.directory, catalog)
        if survey is None and catalog != ALERTS:
            there = ", ".join(name for name in names(self.directory) if name.endswith(ALERTS))
            raise ValueError(f"{catalog:.100}: searches by position are of {there}")
        return survey

    def find(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> list[Document]:
        """Return documents."""
        from pipeline.archive.query.documents import find  # noqa: PLC0415 - as above

        return find(self.directory, catalog, wanted, options)

    def find_one(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> Document | None:
        """Return the first document, if there is one."""
        return next(iter(self.find(catalog, wanted, replace(options, limit=1))), None)

    def count_documents(
        self, catalog: str, filter: Mapping[str, Any], options: Options = DEFAULT
    ) -> int:
        """Return how many documents pass a filter."""
        from pipeline.archive.query.documents import count  # noqa: PLC0415 - as above

        return count(self.directory, catalog, filter, options)

    def aggregate(
        self, catalog: str, pipeline: Sequence[Mapping[str, Any]], options: Options = DEFAULT
    ) -> list[Document]:
        """Return what comes out of a pipeline of stages."""
        from pipeline.archive.query.documents import aggregate  # noqa: PLC0415 - as above

        return aggregate(self.directory, catalog, pipeline, options)

    def catalog_names(self) -> list[str]:
        """Return the names of the tables and collections."""
        from pipeline.archive.query.catalogs import names  # noqa: PLC0415 - as above

        return names(self.directory)

    def sql(self, sql: str, options: Options = DEFAULT) -> pa.Table:
        """Return what a user's SQL selects from the tables.

        One SELECT, in DuckDB's dialect, over views that are called as the tables are. It can
        read nothing else, and write nothing. Of columns of one name (letters' case aside) the
        second is called ``name_1``.

        Raises
        ------
        ValueError
            If it is anything else, or takes more time or memory than it may.
        """
        # The command for cones need not wait for DuckDB.
        from pipeline.archive.query.catalogs import table_files  # noqa: PLC0415
        from pipeline.archive.query.translated import limit_sql  # noqa: PLC0415
        from pipeline.archive.query.views import views  # noqa: PLC0415
        from pipeline.documents.sandbox import check_select, query  # noqa: PLC0415

        used = check_select(sql, tables_of(self.directory))
        text = sql.strip().rstrip(";")
        # it is one SELECT, so that nothing in it can end the parenthesis; and behind one no
        # two columns have the same name
        text = f"select * from (\n{text}\n){limit_sql(options)}"  # noqa: S608
        files = {table: list(table_files(self.directory, table)) for table in used}
        with views(files) as connection:
            return query(connection, text, options.max_time_s)

    def estimated_document_count(self, catalog: str) -> int:
        """Return how many documents there are, by the files' metadata."""
        from pipeline.archive.query.catalogs import relations  # noqa: PLC0415 - as above

        return sum(part.rows for part in relations(self.directory, catalog))

    def catalog_info(self, catalog: str) -> Document:
        """Return size, files, documents and columns of a catalogue, and its nights."""
        from pipeline.archive.query.info import catalog_info  # noqa: PLC0415 - as above

        return catalog_info(self.directory, catalog)

    def index_info(self, catalog: str) -> Document:
        """Return which nights a cone index stands for, by survey and index."""
        from pipeline.archive.query.info import index_info  # noqa: PLC0415 - as above

        return index_info(self.directory, catalog)

    def db_info(self) -> Document:
        """Return how many catalogues, files, documents and bytes there are."""
        from pipeline.archive.query.info import db_info  # noqa: PLC0415 - as above

        return db_info(self.directory)
