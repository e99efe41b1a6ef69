"""IceCube's realtime messages: an event's frames in JSON or a pickle of the same.

``value.data`` is a list of five frames (until 2016) or a dictionary with ``frames`` (2021a,
2023a). Each frame is a pair of its stream and base64 of zlib of a pickled I3Frame.
"""

import json
from typing import Any

import numpy as np

from pipeline.events.event import ANGLES, PULSE_DTYPE, Event, Seed, first_of_each_dom
from pipeline.events.geometry import positions
from pipeline.events.icecube.frames import Frame, decode_frame
from pipeline.events.icecube.i3objects import Particle, decode_header, decode_particle, decode_text
from pipeline.events.icecube.superdst import apply_mask, decode_mask, decode_superdst

MAX_MESSAGE_BYTES = 128 * 2**20
"""What all frames of a message may unpack to together: real ones have 0.8 MB."""

PULSE_MASKS = ("SplitInIcePulses", "SplitUncleanedInIcePulses")
"""The cleaned pulses of an event, the first that its P frame has (the former from 2023a)."""

SEED_FITS = (
    "OnlineL2_SplineMPE",
    "l2_online_SplineMPE",
    "OnlineL2_BestFit",
    "l2_online_BestFit",
    "HESE_SPEFit2",
    "HESE_SPEFitSingle",
)
"""Online track fits that a scan may start from, best first."""

SENDERS = {"hese": "HESE", "ehe": "EHE", "neutrino": "neutrino", "estres": "ESTRES"}
"""Event type by the section of the message's summary."""

MARKS = {"HESE_llhratio": "HESE", "Estres_p_miss": "ESTRES", "PoleEHEOphelia_ImpLF": "EHE"}
"""Event type by an object of the P frame, for messages without a summary."""


def is_realtime(message: Any) -> bool:
    """Tell whether parsed JSON looks like a realtime message at all."""
    return isinstance(message, dict) and "value" in message


def decode_message(message: dict[str, Any], geometry: np.ndarray) -> Event:
    """Decode a realtime message.

    Parameters
    ----------
    message : dict
        The parsed JSON.
    geometry : numpy.ndarray
        Of dtype `pipeline.events.geometry.GEOMETRY_DTYPE`. The message itself holds only
        differences to a geometry that is not public.

    Raises
    ------
    ValueError
        If anything is missing or damaged, a DOM is not in the geometry, or the event has no
        pulses.
    """
    frames = message_frames(message)
    physics = frames["P"].objects
    header = decode_header(_object(frames["P"], "I3EventHeader"))
    packed = event_pulses(frames)
    pulses = np.empty(len(packed), PULSE_DTYPE)
    for name in ("string", "om", "time", "charge"):
        pulses[name] = packed[name]
    pulses["hlc"] = packed["flags"] & 1
    where = positions(geometry, packed["string"], packed["om"])
    pulses["x"], pulses["y"], pulses["z"] = where.T
    return Event(
        run_id=header.run_id,
        event_id=header.event_id,
        event_type=_event_type(physics),
        mjd=header.mjd,
        is_real=True,
        pulses=pulses,
        seed=_fitted_seed(physics) or centroid(pulses),
    )


def message_frames(message: dict[str, Any]) -> dict[str, Frame]:
    """Return the frames of a message under their streams; the checksums of all are checked.

    Raises
    ------
    ValueError
        If there are no frames, the Q or P frame is missing, or one is damaged.
    """
    data = message["value"].get("data") if isinstance(message["value"], dict) else None
    pairs = data.get("frames") if isinstance(data, dict) else data
    if not isinstance(pairs, list):
        raise ValueError("value.data holds no frames")
    frames, left = {}, MAX_MESSAGE_BYTES
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and _is_stream(pair[0])):
            raise ValueError("a frame is no pair of stream (one letter) and content")
        try:
            frame = frames[pair[0]] = decode_frame(pair[1], left)
        except ValueError as error:
            raise ValueError(f"frame {pair[0]}: {error}") from error
        left -= frame.size
    if missing := [stream for stream in "QP" if stream not in frames]:
        raise ValueError(f"no {' and '.join(missing)} frame")
    return frames


def event_pulses(frames: dict[str, Frame]) -> np.ndarray:
    """Return the cleaned pulses, of dtype `pipeline.events.icecube.superdst.DST_DTYPE`.

    Raises
    ------
    ValueError
        If the P frame has none of `PULSE_MASKS`, or an object is damaged.
    """
    name = next((name for name in PULSE_MASKS if name in frames["P"].objects), None)
    if name is None:
        raise ValueError(f"the P frame has none of {', '.join(PULSE_MASKS)}")
    masks, content = [], _object(frames["P"], name)
    while True:
        source, doms, elements = decode_mask(content)
        masks.append((doms, elements))
        content = _object(frames["Q"], source)
        if source == "I3SuperDST":
            break
        if len(masks) > 8:
            raise ValueError("pulse masks select from one another in a circle")
    pulses = decode_superdst(content)
    for doms, elements in reversed(masks):
        pulses = apply_mask(pulses, doms, elements)
    return pulses


def centroid(pulses: np.ndarray) -> Seed:
    """Return the charge-weighted middle of the first pulses as a seed, without a direction.

    Parameters
    ----------
    pulses : numpy.ndarray
        Of dtype `PULSE_DTYPE`; those with local coincidence count, all where there is none.
    """
    if not len(pulses):
        raise ValueError("no pulses")
    first = first_of_each_dom(pulses[pulses["hlc"]] if pulses["hlc"].any() else pulses)
    weights = first["charge"] if first["charge"].sum() > 0 else None
    x, y, z, t = (
        float(np.average(first[name], weights=weights)) for name in ("x", "y", "z", "time")
    )
    return Seed(x, y, z, t)


def _fitted_seed(physics: dict[str, tuple[str, bytes]]) -> Seed | None:
    for name in SEED_FITS:
        if name in physics:
            fit = decode_particle(physics[name][1])
            values = (fit.x, fit.y, fit.z, fit.time, fit.zenith, fit.azimuth)
            if fit.status == 0 and np.isfinite(values).all() and _is_direction(fit):
                return Seed(*values, fit=name)
    return None


def _is_direction(fit: Particle) -> bool:
    return all(least <= getattr(fit, name) <= most for name, (least, most) in ANGLES.items())


def _event_type(physics: dict[str, tuple[str, bytes]]) -> str:
    if "AlertShortFollowupMsg" in physics:
        text = decode_text(physics["AlertShortFollowupMsg"][1])
        try:
            summary = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"AlertShortFollowupMsg: no JSON: {error}") from error
        known = summary if isinstance(summary, dict) else {}
        return next((kind for key, kind in SENDERS.items() if key in known), "unknown")
    return next((kind for key, kind in MARKS.items() if key in physics), "unknown")


def _is_stream(name: Any) -> bool:
    return isinstance(name, str) and len(name) == 1


def _object(frame: Frame, name: str) -> bytes:
    if name not in frame.objects:
        raise ValueError(f"the {frame.stream} frame has no {name}")
    return frame.objects[name][1]
