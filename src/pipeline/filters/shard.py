"""One shard: packets → the tables ``candidates`` and ``verdicts``, and counts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.batch import Batch, Shard
from pipeline.alerts.history_table import history_table
from pipeline.alerts.surveys.survey import Survey
from pipeline.filters.filter import Filter
from pipeline.filters.history.reading import Stores, with_earlier
from pipeline.filters.joined import classifications, cross_matches
from pipeline.filters.narrow import every_name, narrowed
from pipeline.filters.run import Seen, names_needed, run_filters
from pipeline.filters.tables import CANDIDATES_SCHEMA, VERDICTS_SCHEMA
from pipeline.io.arrow_records import ArrowRecords
from pipeline.io.atomic import write_json
from pipeline.io.tables import BatchWriter, table_writer, with_survey

if TYPE_CHECKING:
    from pipeline.services.mongodb import Server

TOGETHER = 50_000
"""Alerts that are filtered at once: 1 to 5 kB each, of ZTF's 17, by what filters read."""
WHOLE_TOGETHER = 5_000
"""Where a filter of theirs goes to a MongoDB, which is sent all of each."""


@dataclass(frozen=True)
class ShardInputs:
    """What a shard is filtered with.

    Attributes
    ----------
    index : Path
        Of the night.
    part : (int, int)
        Which shard of how many.
    scores, matches : Path or None
        The shard's tables, where the configuration makes them.
    catalogs : mapping of str to sequence of str
        The survey's catalogues and their columns in `matches`.
    only : int or None
        The one alert that is wanted, of all.
    earlier : tuple of Path or None
        Stores of earlier nights' histories; None if a packet's own is all that is seen.
    server : Server or None
        A MongoDB, which runs filters that cannot be translated.
    """

    index: Path
    part: tuple[int, int]
    scores: Path | None = None
    matches: Path | None = None
    catalogs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    only: int | None = None
    earlier: tuple[Path, ...] | None = None
    server: "Server | None" = None

    def load(self) -> Shard:
        """Read the shard's rows of the index."""
        shard = Shard.load(self.index, *self.part)
        if self.only is None:
            return shard
        return replace(shard, packets=shard.packets.filter(pc.field("candid") == self.only))


@dataclass(frozen=True)
class ShardOutputs:
    """What filtering a shard writes; the counts come last."""

    candidates: Path
    verdicts: Path
    counts: Path


def filter_shard(
    inputs: ShardInputs, survey: Survey, filters: Sequence[Filter], outputs: ShardOutputs
) -> dict[str, Any]:
    """Run all filters on the alerts of one shard.

    Parameters
    ----------
    inputs : ShardInputs
    survey : Survey
    filters : sequence of Filter
        Of this survey.
    outputs : ShardOutputs

    Returns
    -------
    dict
        As in the counts: ``alerts``, and by filter ``passed``, ``failed``, ``unknown``, which
        add up to them, ``programid`` of those that passed, and ``warnings``.
    """
    alerts = 0
    counts = {one.name: _Count() for one in filters}
    with ExitStack() as stack:
        candidates, verdicts = (
            BatchWriter(stack.enter_context(table_writer(path, schema)), 100_000)
            for path, schema in (
                (outputs.candidates, CANDIDATES_SCHEMA),
                (outputs.verdicts, VERDICTS_SCHEMA),
            )
        )
        for seen in documents_of_shard(inputs, survey, filters):
            alerts += seen.documents.num_rows
            for one, result in run_filters(seen, filters, inputs.server):
                candidates.add(with_survey(result.candidates, survey.name).cast(CANDIDATES_SCHEMA))
                verdicts.add(with_survey(result.verdicts, survey.name).cast(VERDICTS_SCHEMA))
                counts[one.name].add(result.verdicts, result.programid, result.warnings)
        for writer in (candidates, verdicts):
            writer.flush()
    told = {"alerts": alerts, "filters": {name: one.told() for name, one in counts.items()}}
    write_json(told, outputs.counts)
    return told


@dataclass
class _Count:
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    programid: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: dict[str, None] = field(default_factory=dict)

    def add(self, verdicts: pa.Table, programid: list[Any], warnings: Sequence[str]) -> None:
        passed = verdicts["passed"]
        good = pc.sum(passed).as_py() or 0
        self.passed += good
        self.failed += len(passed) - passed.null_count - good
        self.unknown += passed.null_count
        self.programid.update(str(value) for value in programid)
        for entry in pc.value_counts(verdicts["reason"].combine_chunks()).to_pylist():
            if entry["values"] is not None:
                self.reasons[entry["values"]] += entry["counts"]
        self.warnings |= dict.fromkeys(warnings)

    def told(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "failed": self.failed,
            "unknown": self.unknown,
            "programid": dict(sorted(self.programid.items())),
            "reasons": dict(self.reasons.most_common()),
            "warnings": list(self.warnings),
        }


def documents_of_shard(
    inputs: ShardInputs, survey: Survey, filters: Sequence[Filter] | None = None
) -> Iterator[Seen]:
    """Yield the shard's alerts with all that filters see of them, by the packets' schema.

    Parameters
    ----------
    inputs : ShardInputs
    survey : Survey
    filters : sequence of Filter, optional
        Who looks: only what these read is kept. If absent everything is.
    """
    tables = {
        name: pq.read_table(path)
        for name, path in (("scores", inputs.scores), ("matches", inputs.matches))
        if path is not None
    }
    stores = None if inputs.earlier is None else Stores(inputs.earlier)
    catalogs, by_sql = inputs.catalogs, _by_sql(filters)
    waiting: dict[str, list[Seen]] = {}
    names: dict[str, set[str]] = {}
    together = TOGETHER
    for batch in inputs.load().batches(survey):
        for seen in _of_batch(batch, survey, tables, catalogs, stores, by_sql):
            key = seen.documents.schema.to_string(truncate_metadata=False)
            if filters is not None:
                if key not in names:
                    schema, whole = seen.documents.schema, inputs.server is not None
                    names[key] = names_needed(survey.name, schema, filters, whole)
                    if whole and names[key] >= every_name(schema):
                        together = WHOLE_TOGETHER
                few = narrowed(seen.documents, names[key])
                seen = replace(seen, documents=few, narrow=True)  # noqa: PLW2901 - the same alerts
            waiting.setdefault(key, []).append(seen)
            if sum(one.documents.num_rows for one in waiting[key]) >= together:
                yield Seen.joined(waiting.pop(key))
    for rest in waiting.values():
        yield Seen.joined(rest)


def _by_sql(filters: Sequence[Filter] | None) -> bool:
    """Whether some filter looks at the tables."""
    return filters is None or any(one.sql for one in filters)


def _of_batch(
    batch: Batch,
    survey: Survey,
    tables: Mapping[str, pa.Table],
    catalogs: Mapping[str, Sequence[str]],
    stores: Stores | None,
    by_sql: bool,
) -> Iterator[Seen]:
    for part in batch.documents:
        candid = part.table["candid"].combine_chunks()
        if not len(candid):
            continue
        documents, left_out = part.table, part.left_out
        if stores is not None:
            documents, unlike = with_earlier(documents, survey, stores)
            left_out += unlike
        if "scores" in tables:
            column = classifications(candid, tables["scores"])
            field_ = pa.field("classifications", column.type, False)
            documents = documents.append_column(field_, column)
        if "matches" in tables:
            column = cross_matches(candid, tables["matches"], catalogs)
            field_ = pa.field("cross_matches", column.type, False)
            documents = documents.append_column(field_, column)
        own = {"alerts": _rows_of(batch.alerts, candid)}
        if by_sql:
            own |= {name: _rows_of(table, candid) for name, table in tables.items()}
            if stores is None:
                own["history"] = _rows_of(batch.history, candid)
            else:
                own["history"] = _history_of(documents, survey, own["alerts"])
        else:
            own["alerts"] = own["alerts"].select(["candid", "object_id", "jd"])
        yield Seen(survey.name, documents, own, left_out)


def _rows_of(table: pa.Table, candid: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["candid"], candid))


def _history_of(documents: pa.Table, survey: Survey, alerts: pa.Table) -> pa.Table:
    """Return the histories of documents as the table ``history`` has them."""
    kept = np.ones(documents.num_rows, bool)
    return history_table(ArrowRecords.of_table(documents), survey, alerts, kept)
