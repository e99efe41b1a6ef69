"""Queries answered from the tables of a working directory: no server, no service."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.archive.cones.choice import indexed
from pipeline.archive.cones.search import DISTANCE, POSITION, search
from pipeline.archive.places import EVERY_COLUMN
from pipeline.archive.query.home import DEFAULT, Document, Found, Options, Wanted
from pipeline.archive.query.named import kept
from pipeline.archive.query.positions import Positions
from pipeline.archive.tables import ALERTS, nights_of, surveys_of, table_names
from pipeline.io.numpy_arrow import flags_to_arrow, from_arrow, to_arrow
from pipeline.sky.healpix import lonlat_to_vec

if TYPE_CHECKING:
    from pipeline.archive.cones.regions import Area


class FilesHome:
    """A `pipeline.archive.query.home.Home` of the tables.

    Its catalogues are the tables, of all surveys: a document is a row, with ``survey`` and
    ``night``.

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
        if not table_names(self.directory):
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
        answer: Found = {}
        for catalog, wanted in catalogs.items():
            if catalog != ALERTS:
                raise ValueError(f"{catalog}: searches by position are of {ALERTS}")
            found = self.cones(positions, most, EVERY_COLUMN, least_arcsec=least)
            rows = self._chosen(found, wanted, options)
            answer[catalog] = {name: [] for name in positions.names}
            for position, document in rows:
                answer[catalog][positions.names[position]].append(document)
        return answer

    def _chosen(
        self, found: pa.Table, wanted: Wanted, options: Options
    ) -> Iterator[tuple[int, Document]]:
        """Yield the position and the document of the rows that are wanted."""
        if wanted.filter or wanted.projection is not None or options.sort:
            raise ValueError("not yet")
        position = from_arrow(found[POSITION.name])
        rows = kept(position, options)
        documents = found.take(to_arrow(rows)).drop_columns([POSITION.name]).to_pylist()
        yield from zip(position[rows].tolist(), documents, strict=True)

    def catalog_names(self) -> list[str]:
        """Return the names of the tables."""
        return table_names(self.directory)

    def _files(self, table: str) -> list[Path]:
        there = self.catalog_names()
        if table not in there:  # no pattern, and no path, is one
            raise ValueError(f"there is no catalogue {table!r:.100}; there are {', '.join(there)}")
        return [file for night in nights_of(self.directory, table) for file in night.files]

    def sql(self, sql: str, options: Options = DEFAULT) -> pa.Table:
        """Return what a user's SQL selects from the tables.

        One SELECT, in DuckDB's dialect, over views that are called as the tables are. It can
        read nothing else, and write nothing.

        Raises
        ------
        ValueError
            If it is anything else, or takes more time or memory than it may.
        """
        # The command for cones need not wait for DuckDB.
        from pipeline.archive.query.views import views  # noqa: PLC0415
        from pipeline.documents.sandbox import check_select, query  # noqa: PLC0415

        used = check_select(sql, self.catalog_names())
        text = sql.strip().rstrip(";")
        if options.limit is not None or options.skip:
            # it is one SELECT, so that nothing in it can end the parenthesis
            text = f"select * from (\n{text}\n) limit {_limit(options)}"  # noqa: S608
        with views({table: self._files(table) for table in used}) as connection:
            return query(connection, text, options.max_time_s)

    def estimated_document_count(self, catalog: str) -> int:
        """Return how many rows a table has, by its files' metadata."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - as above

        return sum(pq.read_metadata(file).num_rows for file in self._files(catalog))

    def catalog_info(self, catalog: str) -> dict[str, Any]:
        """Return size, files, rows, nights and columns of a table."""
        import pyarrow.parquet as pq  # noqa: PLC0415

        files = self._files(catalog)
        columns: dict[str, str] = {}
        for file in files:
            columns |= {field.name: str(field.type) for field in pq.read_schema(file)}
        nights: dict[str, list[str]] = {}
        for night in nights_of(self.directory, catalog):
            nights.setdefault(night.survey, []).append(night.night)
        return {
            "ns": catalog,
            "count": self.estimated_document_count(catalog),
            "size": sum(file.stat().st_size for file in files),
            "files": len(files),
            "nights": nights,
            "columns": columns,
        }

    def index_info(self, catalog: str) -> dict[str, Any]:
        """Return which nights a cone index stands for, by survey and index."""
        self._files(catalog)
        if catalog != ALERTS:
            return {}
        return {
            survey: {name: list(meta["nights"]) for name, meta in indexed(self.directory, survey)}
            for survey in surveys_of(self.directory)
        }

    def db_info(self) -> dict[str, Any]:
        """Return how many tables, files, rows and bytes there are."""
        names = self.catalog_names()
        files = [file for name in names for file in self._files(name)]
        return {
            "db": str(self.directory),
            "collections": len(names),
            "objects": sum(self.estimated_document_count(name) for name in names),
            "files": len(files),
            "dataSize": sum(file.stat().st_size for file in files),
        }


def _limit(options: Options) -> str:
    """Return what stands behind LIMIT.

    >>> _limit(Options(limit=3)), _limit(Options(skip=2))
    ('3 offset 0', 'null offset 2')
    """
    most = "null" if options.limit is None else str(int(options.limit))
    return f"{most} offset {int(options.skip)}"
