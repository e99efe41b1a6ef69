"""What the rules of catalogues do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.crossmatch.entry import Cone, Projected, Source


def sort_catalog(files: Iterable[str], source: Mapping[str, Any], output: str) -> dict[str, Any]:
    """Sort a catalogue into a store; see `pipeline.crossmatch.build`.

    Parameters
    ----------
    files : iterable of str
        The catalogue, or the tables of alerts that stand for one.
    source : mapping
        The values of its `Source`.
    output : str
        The store.
    """
    from pipeline.crossmatch.build import build_store, build_store_from_alerts

    entry, paths = Source(**source), list(files)
    if entry.path is None:
        return build_store_from_alerts(paths, output, entry)
    return build_store(paths[0], output, entry)


def match(
    alerts: str,
    survey: str,
    stores: Iterable[str],
    cones: Mapping[str, Mapping[str, Any]],
    output: str,
) -> int:
    """Match one shard's alerts; see `pipeline.crossmatch.shard.match_shard`.

    Parameters
    ----------
    alerts : str
        The shard's table.
    survey : str
    stores : iterable of str
        The sorted catalogues, in the order of `cones`.
    cones : mapping of str to mapping
        The values of each `Cone`.
    output : str
    """
    from pipeline.crossmatch.shard import match_shard

    entries = {name: _cone(**values) for name, values in cones.items()}
    paths = dict(zip(entries, map(Path, stores), strict=True))
    return match_shard(Path(alerts), survey, paths, entries, Path(output))


def _cone(radius_arcsec: float, distance: Mapping[str, Any] | None) -> Cone:
    return Cone(radius_arcsec, Projected(**distance) if distance else None)
