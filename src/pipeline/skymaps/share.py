"""One job's share of a round of an event's scan."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.skymaps.scan.rounds import scan_chunk
from pipeline.skymaps.scan.watch import Watch
from pipeline.skymaps.setup import read_scan


def scan_share(
    path: str | Path,
    output: str | Path,
    *,
    earlier: Sequence[Iterable[str | Path]],
    chunk: int,
    chunks: int,
    **settings: Any,
) -> None:
    """Scan one job's share of a round; see `pipeline.skymaps.scan.rounds.scan_chunk`."""
    scan = read_scan(path, **settings)
    with Watch(scan) as watch:
        scan_chunk(scan, earlier, output, chunk=chunk, chunks=chunks, report=watch)
