"""Event files: IceCube's realtime messages and the project's own open JSON.

The latter (``"format": "nightmill-event"``) is described in ``docs/skymaps.md``: pulses, the
positions of their DOMs, a seed and, for simulation, the truth; all by columns.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import write_json
from pipeline.skymaps.event import PULSE_DTYPE, Event, Seed
from pipeline.skymaps.frames import refuse_classes
from pipeline.skymaps.geometry import GEOMETRY_DTYPE, positions, read_geometry
from pipeline.skymaps.realtime import decode_message, is_realtime

FORMAT, VERSION = "nightmill-event", 1
PULSE_COLUMNS = ("string", "om", "time", "charge", "hlc")


def read_event(path: str | Path, geometry: str | Path | None = None) -> Event:
    """Read an event file; what it is shows from its content.

    Parameters
    ----------
    path : str or Path
        A realtime message (JSON, or a pickle of it), or a nightmill-event.
    geometry : str or Path, optional
        The detector's DOMs, which a realtime message does not carry.

    Raises
    ------
    FileNotFoundError
        If one of the files does not exist.
    ValueError
        If the file is damaged or no event; the message names it.
    """
    path = Path(path)
    message = _load(path)
    try:
        if isinstance(message, dict) and message.get("format") == FORMAT:
            return _decode(message)
        if not is_realtime(message):
            raise ValueError(f"neither a realtime message (value.data) nor a {FORMAT}")
        if geometry is None:
            raise ValueError("a realtime message carries no geometry; set skymaps.geometry")
        doms = read_geometry(geometry)
        return decode_message(message, doms)
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
    doms = np.unique(event.pulses[list(GEOMETRY_DTYPE.names)])
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
        "geometry": {name: doms[name].tolist() for name in GEOMETRY_DTYPE.names},
        "pulses": {name: event.pulses[name].tolist() for name in PULSE_COLUMNS},
    }
    write_json(message | ({"truth": truth} if truth else {}), path)


def read_truth(path: str | Path) -> dict[str, float] | None:
    """Return the truth in an event file, None where there is none."""
    message = _load(Path(path))
    return message.get("truth") if isinstance(message, dict) else None


def _load(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such event file")
    content = path.read_bytes()
    try:
        if content.lstrip()[:1] in (b"{", b"["):
            return json.loads(content)
        return refuse_classes(content)
    except ValueError as error:
        raise ValueError(f"{path}: neither JSON nor a pickle of it: {error}") from error


def _decode(message: dict[str, Any]) -> Event:
    if message.get("version") != VERSION:
        raise ValueError(f"{FORMAT} of version {message.get('version')}, expected {VERSION}")
    try:
        doms = _columns(message["geometry"], GEOMETRY_DTYPE.names, GEOMETRY_DTYPE)
        pulses = _columns(message["pulses"], PULSE_COLUMNS, PULSE_DTYPE)
        doms = doms[np.lexsort((doms["om"], doms["string"]))]
        if len(pulses):
            where = positions(doms, pulses["string"], pulses["om"])
            pulses["x"], pulses["y"], pulses["z"] = where.T
        return Event(
            run_id=int(message["run_id"]),
            event_id=int(message["event_id"]),
            event_type=str(message["event_type"]),
            mjd=float(message["mjd"]),
            is_real=bool(message["is_real"]),
            pulses=pulses[np.lexsort((pulses["time"], pulses["om"], pulses["string"]))],
            seed=Seed(**{name: float(value) for name, value in message["seed"].items()}),
        )
    except KeyError as error:
        raise ValueError(f"no {error.args[0]!r}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"a value is of the wrong kind: {error}") from error


def _columns(columns: dict[str, list], names: tuple[str, ...], dtype: np.dtype) -> np.ndarray:
    lengths = {len(columns[name]) for name in names}
    if len(lengths) != 1:
        raise ValueError(f"the columns {', '.join(names)} differ in length")
    table = np.zeros(lengths.pop(), dtype)
    for name in names:
        table[name] = columns[name]
    return table
