"""The project's own event files, ``nightmill-event``: what may stand in them, checked strictly.

``docs/skymaps.md`` describes the format. A value of another kind than it should be is refused
with its place and never converted: ``"no"`` is true to Python, and ``int(1.7)`` is 1.
"""

import reprlib
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.events.event import (
    ANGLES,
    FIRST_MJD,
    LARGEST_ID,
    LARGEST_TYPE,
    LAST_MJD,
    PULSE_DTYPE,
    Event,
    Seed,
)
from pipeline.events.files import FORMAT, VERSION
from pipeline.events.geometry import GEOMETRY_DTYPE, listed_twice, positions

DomNumber = Annotated[int, Field(ge=-(2**15), lt=2**15)]
"""String and optical module fill 16 bits each in `PULSE_DTYPE`."""
Identifier = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Zenith = Annotated[float, Field(ge=ANGLES["zenith"][0], le=ANGLES["zenith"][1])]
Azimuth = Annotated[float, Field(ge=ANGLES["azimuth"][0], le=ANGLES["azimuth"][1])]


class _Strict(BaseModel):
    """Takes no text for numbers, no numbers for booleans, no NaN and no infinity."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="ignore")


class _Table(_Strict):
    """Columns of one length."""

    @model_validator(mode="after")
    def _one_length(self) -> "_Table":
        lengths = {name: len(getattr(self, name)) for name in type(self).model_fields}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns differ in length: {lengths}")
        return self

    def fill(self, dtype: np.dtype) -> np.ndarray:
        """Return the columns in a table of `dtype`; its other columns are 0."""
        columns = {name: getattr(self, name) for name in type(self).model_fields}
        table = np.zeros(len(columns["string"]), dtype)
        for name, values in columns.items():
            table[name] = values
        return table


class GeometryColumns(_Table):
    """DOMs and where they are [m]."""

    string: list[DomNumber]
    om: list[DomNumber]
    x: list[float]
    y: list[float]
    z: list[float]


class PulseColumns(_Table):
    """Pulses: DOM, leading edge [ns], charge [PE], hard local coincidence."""

    string: list[DomNumber]
    om: list[DomNumber]
    time: list[float]
    charge: list[float]
    hlc: list[bool]


class SeedValues(_Strict):
    """Where a scan starts: vertex [m, ns], and a direction [rad], whole or not at all."""

    model_config = ConfigDict(extra="forbid")

    x: float
    y: float
    z: float
    t: float
    zenith: Zenith | None = None
    azimuth: Azimuth | None = None
    fit: str | None = Field(None, min_length=1, max_length=LARGEST_TYPE)


class Truth(_Strict):
    """Whence a simulated particle came [rad], beside whatever else is known of it."""

    model_config = ConfigDict(extra="allow")

    zenith: Zenith
    azimuth: Azimuth


class EventFile(_Strict):
    """All of a file."""

    format: Literal[FORMAT]  # type: ignore[valid-type]  # pydantic takes a constant
    version: Annotated[int, Field(ge=VERSION, le=VERSION)]  # a Literal would take true for 1
    run_id: Identifier
    event_id: Identifier
    event_type: str
    mjd: Annotated[float, Field(ge=FIRST_MJD, lt=LAST_MJD)]
    is_real: bool
    seed: SeedValues
    geometry: GeometryColumns
    pulses: PulseColumns
    truth: Truth | None = None


def check_file(message: dict[str, Any]) -> EventFile:
    """Check parsed JSON against the format.

    Raises
    ------
    ValueError
        If anything in it is not what it should be; one line names the first place, what was
        expected there and what was found.
    """
    try:
        return EventFile.model_validate(message)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        place = ".".join(map(str, first["loc"])) or "the file"
        words = f"{place}: {first['msg'].removeprefix('Value error, ')}"
        if first["type"] not in ("missing", "value_error"):
            words += f" (found {reprlib.repr(first['input'])})"
        more = f"; {len(others)} more" if others else ""
        raise ValueError(words + more) from error


def decode_event(message: dict[str, Any]) -> Event:
    """Decode parsed JSON.

    Raises
    ------
    ValueError
        As `check_file`; or if a DOM or a pulse stands there twice, or a pulse's DOM is not in
        the geometry.
    """
    file = check_file(message)
    doms, pulses = file.geometry.fill(GEOMETRY_DTYPE), file.pulses.fill(PULSE_DTYPE)
    doms = doms[np.lexsort((doms["om"], doms["string"]))]
    if again := listed_twice(doms):
        raise ValueError(f"geometry: {again}")
    pulses = np.sort(pulses, order=["string", "om", "time", "charge", "hlc"])
    if len(same := np.flatnonzero(pulses[1:] == pulses[:-1])):
        pulse = pulses[same[0]]
        raise ValueError(
            f"pulses: DOM ({pulse['string']}, {pulse['om']}) has the pulse at {pulse['time']} ns "
            "twice, the same in all columns"
        )
    if len(pulses):
        where = positions(doms, pulses["string"], pulses["om"])
        pulses["x"], pulses["y"], pulses["z"] = where.T
    return Event(
        run_id=file.run_id,
        event_id=file.event_id,
        event_type=file.event_type,
        mjd=file.mjd,
        is_real=file.is_real,
        pulses=pulses[np.lexsort((pulses["time"], pulses["om"], pulses["string"]))],
        seed=Seed(**file.seed.model_dump()),
    )
