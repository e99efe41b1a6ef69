"""The filter laboratory on exported documents: what a filter passes before any night is run."""

import csv
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.documents.extended_json import parse_pipeline
from pipeline.documents.refused import Refused
from pipeline.documents.sandbox import SandboxError, connect
from pipeline.documents.translate import translate
from pipeline.documents.translation import without_dollars
from pipeline.filters.evaluate import DOCUMENTS, load, passing
from pipeline.filters.filter import Filter
from pipeline.filters.upstream import stages
from pipeline.io.atomic import atomic_path

COLUMNS = ("filter", "candid", "annotations")


@dataclass(frozen=True)
class Tested:
    """What a filter does with documents.

    Attributes
    ----------
    name : str
    passed : list of (int, str or None)
        Candid and annotations (JSON) of what passes.
    refused : str
        Why it was not run; empty if it was.
    missing : tuple of str
        Paths that no document has.
    """

    name: str
    passed: list[tuple[int, str | None]]
    refused: str = ""
    missing: tuple[str, ...] = ()


def test_on_documents(
    filters: Iterable[Filter], documents: pa.Table, told: Callable[[Tested], None]
) -> list[Tested]:
    """Run filters on documents behind the stages that a broker puts before them.

    Parameters
    ----------
    filters : iterable of Filter
        Pipelines; one in SQL is refused, as documents are no tables.
    documents : pyarrow.Table
        As `pipeline.documents.load.load_documents`.
    told : callable
        Is told of each as it is done.
    """

    @cache
    def usual(permissions: tuple[int, ...]) -> frozenset[str]:
        """Return what the broker's own stages look for in vain: that is nobody's slip."""
        return frozenset(translate(stages(permissions), documents.schema, DOCUMENTS).missing)

    results = []
    with connect() as connection:
        load(connection, documents)
        candid = _candids(documents)
        for one in filters:
            try:
                if one.sql:
                    raise Refused("a filter in SQL runs on nights, not on documents")
                pipeline = stages(one.permissions) + parse_pipeline(one.pipeline)
                rows, paths = passing(connection, pipeline, documents.schema)
                before = len(stages(one.permissions))
                ours = usual(one.permissions)
                missing = without_dollars(_in_own_stages(p, before) for p in paths if p not in ours)
                pairs = zip(rows["_id"].to_pylist(), rows["annotations"].to_pylist(), strict=True)
                found = sorted((candid.get(key, key), text) for key, text in pairs)
                results.append(Tested(one.name, found, missing=missing))
            except (Refused, SandboxError) as error:
                before = 0 if one.sql else len(stages(one.permissions))
                results.append(Tested(one.name, [], _in_own_stages(str(error), before)))
            told(results[-1])
    return results


def _in_own_stages(message: str, before: int) -> str:
    """Count stages from the filter's first.

    >>> _in_own_stages("stage 3 ($match): $gtt: unknown", 2)
    'stage 1 ($match): $gtt: unknown'
    """
    return re.sub(r"(?<=\bstage )\d+(?= \()", lambda n: str(int(n.group()) - before), message)


def _candids(documents: pa.Table) -> dict[Any, int]:
    """Return the candid by what names a document."""
    if not {"_id", "candid"} <= set(documents.column_names):
        return {}
    if not pa.types.is_integer(documents["candid"].type):
        return {}
    pairs = zip(documents["_id"].to_pylist(), documents["candid"].to_pylist(), strict=True)
    return {key: candid for key, candid in pairs if not isinstance(key, dict)}


def write_csv(results: Iterable[Tested], path: Path) -> int:
    """Write who passed which filter: `COLUMNS`; return how many rows."""
    number = 0
    with atomic_path(path) as temporary, temporary.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in results:
            for candid, annotations in one.passed:
                text = "" if annotations is None else json.dumps(json.loads(annotations))
                writer.writerow((one.name, candid, text))
                number += 1
    return number
