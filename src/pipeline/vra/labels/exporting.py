"""Labels as one file, as finkvra reads it."""

from pathlib import Path

from pipeline.io.atomic import atomic_path
from pipeline.vra.labels.lines import COLUMNS, line_of
from pipeline.vra.labels.store import Labels


def export_labels(labels: Labels, path: Path) -> int:
    """Write what counts of each alert, by candid, whole or not at all; return how many."""
    counts = sorted(labels.by_candid().values(), key=lambda one: one.candid)
    lines = [line_of(o.candid, o.object_id, o.label, o.timestamp) for o in counts]
    with atomic_path(path) as temporary:
        temporary.write_bytes((",".join(COLUMNS) + "\n").encode() + b"".join(lines))
    return len(counts)
