"""Who answers a query: the tables of a working directory, or the MongoDB that it names."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.archive.query.home import Home
from pipeline.contract.section import ConfigError


@contextmanager
def open_home(directory: Path, mongodb: bool = False, files: Iterable[Path] = ()) -> Iterator[Home]:
    """Open the archive for queries.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    mongodb : bool
        Ask the MongoDB of its configuration (``archive.uri``), not its tables.
    files : iterable of Path
        Laid over its configuration.

    Raises
    ------
    ValueError
        If there are no tables, or the configuration names no MongoDB that can be used.
    """
    if not mongodb:
        from pipeline.archive.query.files import FilesHome  # noqa: PLC0415 - one of two

        yield FilesHome(directory)
        return
    from pipeline.archive.query.mongodb import mongo_home  # noqa: PLC0415
    from pipeline.plan.overlay import read_request  # noqa: PLC0415
    from pipeline.services.mongo_errors import ServiceError  # noqa: PLC0415
    from pipeline.services.mongodb import Server  # noqa: PLC0415

    archive = read_request(directory, files).config.archive
    if archive is None or archive.uri is None:
        raise ConfigError(f"{directory}: its configuration has no archive.uri: no MongoDB")
    try:
        with mongo_home(Server(archive.uri, archive.database, archive.credentials)) as home:
            yield home
    except ServiceError as error:
        raise ConfigError(f"archive: {error}") from None
