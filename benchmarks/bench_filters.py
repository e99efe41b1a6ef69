"""50 filters on alerts, with the failing condition of each verdict: CPU of one process.

Run it in the environment, with a folder of packets (`nightmill simulate alerts`) and filters:
``python benchmarks/bench_filters.py PACKETS filters.json [ALERTS]``. The packets are repeated
under other candids until there are so many alerts.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

import pyarrow as pa

from pipeline.alerts.batch import Shard
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.parts import Part
from pipeline.alerts.surveys.registry import get_survey
from pipeline.filters.filter_file import read_file
from pipeline.filters.narrow import narrowed
from pipeline.filters.run import Seen, names_needed, run_filters

FILTERS, TOGETHER = 50, 50_000


def renumbered(table: pa.Table, more: int) -> pa.Table:
    """Return a table with other candids."""
    for name in {"_id", "candid"} & set(table.column_names):
        at = table.schema.get_field_index(name)
        numbers = pa.array(table[name].to_numpy() + more)
        table = table.set_column(at, table.schema.field(at), numbers)
    return table


def main() -> None:
    """Print CPU seconds."""
    dump, filters = map(Path, sys.argv[1:3])
    alerts = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    survey = get_survey("ztf")
    stored = [one.filter for one in read_file(filters)]
    chosen = [replace(one, name=f"{one.name}_{k}") for k in range(FILTERS) for one in stored][
        :FILTERS
    ]
    with TemporaryDirectory() as folder:
        place = Path(folder)
        index_part(dump, survey, Part(0, 1), place / "0", place / "spool", None)
        merge_index([place / "0"], dump, place / "index")
        started = time.process_time()
        some = []
        for batch in Shard.load(place / "index", 0, 1).batches(survey):
            for part in batch.documents:
                names = names_needed("ztf", part.table.schema, chosen)
                own = {"alerts": batch.alerts.select(["candid", "object_id", "jd"])}
                some.append(Seen("ztf", narrowed(part.table, names), own, (), True))
        read = sum(one.documents.num_rows for one in some)
        print(f"{(time.process_time() - started) / read * 1e3:.3f} ms an alert to read {read}")
    done, spent, passed, again = 0, 0.0, 0, 0
    while done < alerts:
        more = []
        while sum(one.documents.num_rows for one in more) < min(TOGETHER, alerts - done):
            again += 1
            more += [
                replace(
                    one,
                    documents=renumbered(one.documents, again),
                    tables={n: renumbered(t, again) for n, t in one.tables.items()},
                )
                for one in some
            ]
        seen = Seen.joined(more)
        started = time.process_time()
        passed += sum(r.candidates.num_rows for _, r in run_filters(seen, chosen))
        spent += time.process_time() - started
        done += seen.documents.num_rows
    most = getrusage(RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{len(chosen)} filters x {done} alerts: {spent:.1f} CPU s, {passed} passed, {most:.1f} GB"
    )


if __name__ == "__main__":
    main()
