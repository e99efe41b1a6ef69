"""What the rules of the archive do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def index_cones(
    tables: Iterable[str], survey: str, night: str, columns: str | list[str], output: str
) -> dict[str, Any]:
    """Sort a night's alerts into a cone index; see `pipeline.archive.cones.build`.

    Parameters
    ----------
    tables : iterable of str
        The shards of the table ``alerts``.
    survey, night : str
    columns : list of str, or "all"
        What the index has of an alert beside the keys.
    output : str
        The index, a folder.
    """
    from pipeline.archive.cones.build import build_index

    return build_index(list(map(Path, tables)), survey, night, columns, Path(output))


def merge_cones(indexes: Iterable[str], output: str) -> dict[str, Any]:
    """Merge the cone indexes of a month's nights; see `pipeline.archive.cones.merge`.

    Parameters
    ----------
    indexes : iterable of str
        Of one survey.
    output : str
        The index of all, a folder.
    """
    from pipeline.archive.cones.merge import merge_indexes

    return merge_indexes(list(map(Path, indexes)), Path(output))


def documents(
    index: str, survey: str, part: tuple[int, int], scores: str | None, output: str
) -> int:
    """Keep the documents of one shard; see `pipeline.archive.documents.write_documents`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    scores : str or None
        The shard's table of scores, if there is one.
    output : str
        A folder.
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.archive.documents import write_documents

    table = None if scores is None else Path(scores)
    return write_documents(Path(index), get_survey(survey), part, table, Path(output))


def ingest(
    index: str,
    survey: str,
    part: tuple[int, int],
    tables: Mapping[str, str],
    catalogs: Iterable[str],
    target: Mapping[str, Any],
    stamps: bool,
    output: str,
) -> dict[str, Any]:
    """Write one shard to a MongoDB; see `pipeline.archive.mongo.ingest.ingest_shard`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    tables : mapping of str to str
        The shard's ``scores`` and ``matches``, where there are any.
    catalogs : iterable of str
        That the survey's alerts are matched with.
    target : mapping
        Server (uri, database, credentials) and indexes.
    stamps : bool
    output : str
        The receipt.
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.archive.mongo.ingest import Target, ingest_shard
    from pipeline.services.mongodb import Server

    server = Server(target["uri"], target["database"], target["credentials"])
    alerts, aux = (
        tuple(tuple((path, kind) for path, kind in keys) for keys in target["indexes"][name])
        for name in ("alerts", "alerts_aux")
    )
    written = ingest_shard(
        Path(index),
        get_survey(survey),
        part,
        {name: Path(path) for name, path in tables.items()},
        list(catalogs),
        Target(server, alerts, aux, stamps),
        Path(output),
    )
    return {"alerts": written.alerts, "objects": written.objects}


def read_matchfile(source: str, outputs: Iterable[str]) -> dict[str, int]:
    """Make tables of a matchfile; see `pipeline.archive.matchfiles.write.write_tables`."""
    from pipeline.archive.matchfiles.write import write_tables

    sources, light_curves, exposures = map(Path, outputs)
    return write_tables(Path(source), (sources, light_curves, exposures))


def ingest_matchfile(
    tables: Iterable[str], name: str, target: Mapping[str, Any], output: str
) -> dict[str, int]:
    """Write a matchfile to a MongoDB; see `pipeline.archive.matchfiles.write.ingest_tables`.

    Parameters
    ----------
    tables : iterable of str
        Of `read_matchfile`.
    name : str
        Of the matchfile.
    target : mapping
        Server (uri, database, credentials).
    output : str
        The receipt.
    """
    from pipeline.archive.matchfiles.write import ingest_tables
    from pipeline.services.mongodb import Server

    server = Server(target["uri"], target["database"], target["credentials"])
    sources, light_curves, exposures = map(Path, tables)
    return ingest_tables((sources, light_curves, exposures), name, server, Path(output))


def ingest_catalog(store: str, name: str, target: Mapping[str, Any], output: str) -> int:
    """Write a catalogue to a MongoDB; see `pipeline.archive.stores.ingest.ingest_store`.

    Parameters
    ----------
    store : str
        A folder.
    name : str
        Of the catalogue.
    target : mapping
        Server (uri, database, credentials).
    output : str
        The receipt.
    """
    from pipeline.archive.stores.ingest import ingest_store
    from pipeline.services.mongodb import Server

    server = Server(target["uri"], target["database"], target["credentials"])
    return ingest_store(Path(store), name, server, Path(output))
