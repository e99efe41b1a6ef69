"""The stamps of one alert, out of its packet."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.batch import Shard
from pipeline.alerts.domain import INDEX
from pipeline.alerts.surveys.registry import get_survey

STAMPS = ("science", "template", "difference")


def packet_stamps(
    directory: Path, candid: int, survey: str | None = None, night: str | None = None
) -> dict[str, bytes | None]:
    """Return an alert's stamps as its packet has them; empty where the packets come without.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    candid : int
    survey, night : str, optional
        Where to look; in the indexes of all, if they are not given.

    Raises
    ------
    ValueError
        If no indexed night has it.
    OSError
        If the packet is no longer where it was.
    """
    pattern = INDEX.format(survey=survey or "*", night=night or "*")
    for index in sorted(directory.glob(pattern)):
        whole = Shard.load(index, 0, 1)
        mine = whole.packets.filter(pc.field("candid") == candid)
        if not mine.num_rows:
            continue
        packets = mine.set_column(*_files_of(mine, directory))
        for batch in replace(whole, packets=packets).batches(get_survey(index.parts[-3])):
            if batch.stamps is None or not batch.stamps.num_rows:
                return {}
            found = [column[0].as_py() for column in batch.stamps.columns[1:]]
            return dict(zip(STAMPS, found, strict=True))
    raise ValueError(f"no indexed night has an alert {candid}")


def _files_of(packets: pa.Table, directory: Path) -> tuple[int, str, pa.Array]:
    """Return the column of the packets' files, which are told from the working directory."""
    at = packets.schema.get_field_index("file")
    files = [str(directory / name) for name in packets["file"].cast(pa.string()).to_pylist()]
    return at, "file", pa.array(files).dictionary_encode()
