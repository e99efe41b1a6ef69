"""Event files: IceCube's realtime messages and the project's own open JSON.

The latter (``"format": "nightmill-event"``) is described in ``docs/skymaps.md``: pulses, the
positions of their DOMs, a seed and, for simulation, the truth; all by columns.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.events.event import Event
from pipeline.events.geometry import GEOMETRY_COLUMNS, IC86, UnknownDomError, read_geometry
from pipeline.events.icecube.plain_pickle import load_plain
from pipeline.events.icecube.realtime import decode_message, is_realtime
from pipeline.io.atomic import write_json

FORMAT, VERSION = "nightmill-event", 1
PULSE_COLUMNS = ("string", "om", "time", "charge", "hlc")

MAX_FILE_BYTES = 256 * 2**20
"""A larger event file is refused: real ones have half a megabyte."""


def read_event(path: str | Path, geometry: str | Path | None = None) -> Event:
    """Read an event file; what it is shows from its content.

    Parameters
    ----------
    path : str or Path
        A realtime message (JSON, or a pickle of it), or a nightmill-event.
    geometry : str or Path, optional
        The detector's DOMs, which a realtime message does not carry; IceCube's without.

    Raises
    ------
    FileNotFoundError
        If one of the files does not exist.
    UnknownDomError
        If a realtime message has pulses of a DOM that the geometry lacks; the message names both.
    ValueError
        If the file is damaged or no event; the message names it.
    """
    path = Path(path)
    message = _load(path)
    try:
        if _is_own(message):
            # pydantic takes 0.1 s to import, which scans of realtime messages need not pay.
            from pipeline.events.format import decode_event  # noqa: PLC0415

            return decode_event(message)
        if not is_realtime(message):
            raise ValueError(f"neither a realtime message (value.data) nor a {FORMAT}")
        return decode_message(message, read_geometry(geometry or IC86))
    except UnknownDomError as error:
        raise UnknownDomError(f"{path}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_event(event: Event, path: str | Path, truth: dict[str, float] | None = None) -> None:
    """Write a nightmill-event.

    Parameters
    ----------
    event : Event
        The event.
    path : str or Path
        Ends on ``.json``.
    truth : dict, optional
        What was simulated: zenith, azimuth [rad] and whatever else is known.
    """
    doms = np.unique(event.pulses[[*GEOMETRY_COLUMNS]])
    seed = {name: value for name, value in vars(event.seed).items() if value is not None}
    message = {
        "format": FORMAT,
        "version": VERSION,
        "run_id": event.run_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "mjd": event.mjd,
        "is_real": event.is_real,
        "seed": seed,
        "geometry": {name: doms[name].tolist() for name in GEOMETRY_COLUMNS},
        "pulses": {name: event.pulses[name].tolist() for name in PULSE_COLUMNS},
    }
    write_json(message | ({"truth": truth} if truth else {}), path)


def read_truth(path: str | Path) -> dict[str, float] | None:
    """Return the truth in a nightmill-event; None where there is none, or in other files.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it is damaged, or what it calls the truth is none; the message names it.
    """
    path = Path(path)
    message = _load(path)
    if not _is_own(message):
        return None
    from pipeline.events.format import check_file  # noqa: PLC0415 - as above

    try:
        truth = check_file(message).truth
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return None if truth is None else truth.model_dump()


def _is_own(message: Any) -> bool:
    return isinstance(message, dict) and message.get("format") == FORMAT


def _load(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such event file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path}: more than {MAX_FILE_BYTES} bytes, no event has as many")
    content = path.read_bytes()
    try:
        if content.lstrip()[:1] in (b"{", b"["):
            return json.loads(content)
        return load_plain(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: neither JSON nor a pickle of it: {error}") from error
