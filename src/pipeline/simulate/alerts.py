"""Simulate a night of alert packets with known truth."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from pipeline.io.progress import progress
from pipeline.simulate.outputs import FORMATS, open_output
from pipeline.simulate.stream import packet_stream
from pipeline.simulate.truth import open_tables


def simulate_alerts(
    output: Path,
    number: int,
    seed: int,
    night: str,
    *,
    format_: str = "folder",
    stamps: bool = True,
    defects: float = 0.0,
    overwrite: bool = False,
) -> None:
    """Write packets, ``truth.parquet``, ``stars.parquet`` and ``galaxies.csv`` to a folder.

    The folder appears when all is written. Packet i and its truth depend on the seed and
    the night only, not on `number`; the same call gives the same bytes.

    Parameters
    ----------
    output : Path
        The folder to make.
    number : int
        Packets, at least 1; a duplicate counts.
    seed : int
        Not negative.
    night : str
        YYYYMMDD, UTC.
    format_ : str
        ``folder``, ``container`` or ``tarball``; see `outputs.open_output`.
    stamps : bool
        False leaves the cutouts null.
    defects : float
        Fraction of packets that are damaged; see `defects.DEFECTS`.
    overwrite : bool
        Replace `output` if it exists and is not empty.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    OSError
        If the folder exists, or cannot be written.
    """
    if number < 1:
        raise ValueError(f"number {number}: expected 1 or more")
    if format_ not in FORMATS:
        raise ValueError(f"format {format_!r}: expected one of {', '.join(FORMATS)}")
    packets = islice(packet_stream(seed, night, stamps=stamps, defects=defects), number)
    first = next(packets)  # what is wrong with the arguments shows before anything is made
    with (
        _whole_folder(Path(output), overwrite) as folder,
        open_tables(folder) as tables,
        open_output(folder, format_, night, nullable_candid=defects > 0) as sink,
        progress("simulating alerts", number) as advance,
    ):
        for packet in chain([first], packets):
            sink.write(packet)
            tables.add(packet)
            advance(1)


@contextmanager
def _whole_folder(output: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a folder beside `output` that takes its place when the block ends well."""
    if output.exists() and not output.is_dir():
        raise FileExistsError(f"{output} is a file; expected a folder to make")
    if output.is_dir() and any(output.iterdir()) and not overwrite:
        raise FileExistsError(f"{output} is not empty; remove it, or ask to overwrite it")
    temporary = output.with_name(f".{output.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)  # what a killed run left
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if output.is_dir():
            shutil.rmtree(output)
        temporary.rename(output)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
