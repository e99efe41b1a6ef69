"""Who answers queries: one method a query type, plain values in and out.

The tables (`pipeline.archive.query.files`) and a MongoDB answer alike, so that whatever
asks (the command, a server, a notebook) need not know which it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipeline.archive.query.positions import Positions

if TYPE_CHECKING:
    from pipeline.archive.cones.regions import Area

Document = dict[str, Any]

MAX_TIME_S = 300.0
"""After which a query is stopped, unless somebody says otherwise; as Kowalski's."""


@dataclass(frozen=True)
class Options:
    """What holds for any query that returns documents.

    Attributes
    ----------
    limit : int, optional
        Documents at most: of each position in a search by position.
    skip : int
        Documents left out at the beginning.
    sort : tuple of pairs
        Of a path and 1 (ascending) or -1; the first counts most.
    max_time_s : float
        After which the query is stopped.
    """

    limit: int | None = None
    skip: int = 0
    sort: tuple[tuple[str, int], ...] = ()
    max_time_s: float = MAX_TIME_S


DEFAULT = Options()


class Wanted(NamedTuple):
    """Which documents of a catalogue, and what of them, in a MongoDB's words."""

    filter: Mapping[str, Any]
    projection: Mapping[str, Any] | None = None


EVERYTHING = Wanted({})
Found = dict[str, dict[str, list[Document]]]
"""Documents by catalogue and position."""


class Home(Protocol):
    """Answers queries; each raises a ValueError that says what is wrong with one."""

    def catalog_names(self) -> list[str]:
        """Return the names of the catalogues."""
        ...

    def catalog_info(self, catalog: str) -> Document:
        """Return what there is of a catalogue: at least ``count``."""
        ...

    def index_info(self, catalog: str) -> Document:
        """Return by what a catalogue is indexed."""
        ...

    def db_info(self) -> Document:
        """Return what there is of all."""
        ...

    def find(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> list[Document]:
        """Return documents."""
        ...

    def find_one(self, catalog: str, wanted: Wanted, options: Options = DEFAULT) -> Document | None:
        """Return the first document, if there is one."""
        ...

    def count_documents(
        self, catalog: str, filter: Mapping[str, Any], options: Options = DEFAULT
    ) -> int:
        """Return how many documents pass a filter."""
        ...

    def estimated_document_count(self, catalog: str) -> int:
        """Return how many documents there are, at once."""
        ...

    def aggregate(
        self, catalog: str, pipeline: Sequence[Mapping[str, Any]], options: Options = DEFAULT
    ) -> list[Document]:
        """Return what comes out of a pipeline of stages."""
        ...

    def cone_search(
        self,
        positions: Positions,
        arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents within a radius [arcsec] of positions."""
        ...

    def near(
        self,
        positions: Positions,
        least_arcsec: float,
        most_arcsec: float,
        catalogs: Mapping[str, Wanted],
        options: Options = DEFAULT,
    ) -> Found:
        """Return the documents between two distances of positions, nearest first."""
        ...

    def skymap(
        self, area: "Area", catalog: str, wanted: Wanted, options: Options = DEFAULT
    ) -> list[Document]:
        """Return the documents inside a credible region, the most probable first."""
        ...
