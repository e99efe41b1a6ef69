"""Simulate a night of alert packets with known truth."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from pipeline.io.progress import progress
from pipeline.simulate.outputs import dump_name, open_output
from pipeline.simulate.surveys import simulation


def simulate_alerts(
    output: Path,
    number: int,
    seed: int,
    night: str,
    *,
    survey: str = "ztf",
    format_: str = "folder",
    stamps: bool = True,
    defects: float = 0.0,
    schema_version: str | None = None,
    history: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Write packets and ``truth.parquet`` to a folder, with ZTF's catalogues of the same sky.

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
    survey : str
        ``ztf`` or ``lsst``.
    format_ : str
        ``folder``, ``container`` or, for ZTF, ``tarball``; see `outputs.open_output`.
    stamps : bool
        False leaves the cutouts null.
    defects : float
        Fraction of packets that are damaged; see `defects.DEFECTS`.
    schema_version : str, optional
        Of Rubin's packets: ``10.0`` (default) or ``11.0``.
    history : int, optional
        Of Rubin's packets: earlier visits of the field with most; 1,060 if not given.
    overwrite : bool
        Replace `output` if it exists and is not empty.

    Returns
    -------
    Path
        What holds the packets and nothing else: the `path` of a night in ``alerts.tsv``.

    Raises
    ------
    ValueError
        If an argument is out of its range, or not one of this survey's.
    OSError
        If the folder exists, or cannot be written.
    """
    if number < 1:
        raise ValueError(f"number {number}: expected 1 or more")
    simulated = simulation(
        survey,
        seed,
        night,
        stamps=stamps,
        defects=defects,
        schema_version=schema_version,
        history=history,
    )
    if format_ not in simulated.formats:
        raise ValueError(f"format {format_!r}: expected one of {', '.join(simulated.formats)}")
    packets = islice(simulated.packets, number)
    first = next(packets)  # what is wrong with the arguments shows before anything is made
    with (
        _whole_folder(Path(output), overwrite) as folder,
        simulated.open_tables(folder) as tables,
        open_output(folder, format_, simulated) as sink,
        progress("simulating alerts", number) as advance,
    ):
        for packet in chain([first], packets):
            sink.write(packet)
            tables.add(packet)
            advance(1)
    return Path(output) / dump_name(format_, simulated)


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
