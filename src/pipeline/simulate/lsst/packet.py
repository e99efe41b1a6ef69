"""Rubin packets: an object's measurements are encoded once, a history is the first of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate.encode import Encoder, compile_encoder, varint
from pipeline.simulate.lsst.measurement import PROCESSED_DAYS, Columns, Fluxes, forced_columns
from pipeline.simulate.lsst.population import SkyObject
from pipeline.simulate.lsst.rows import EncodedRows, RowEncoder
from pipeline.simulate.lsst.schema import CUTOUTS, forced_fields, schema, source_fields
from pipeline.simulate.lsst.survey import Visits

_NULL, _SOME, _END = b"\0", b"\2", b"\0"


@dataclass(frozen=True)
class PacketEncoder:
    """Encodes the packets of one object.

    Attributes
    ----------
    sky_object, visits, fluxes
        The object and what was measured of it, at each visit of its field.
    ids : ndarray of int64
        What a measurement at each visit is called.
    found : ndarray of int64
        The visits with a detection.
    version : str
        Of the schema.
    """

    sky_object: SkyObject
    visits: Visits
    fluxes: Fluxes
    ids: NDArray[np.int64]
    found: NDArray[np.int64]
    version: str

    @property
    def moves(self) -> bool:
        """Whether it is an asteroid: no object of the sky, with no history."""
        return self.sky_object.object_class == "asteroid"

    @property
    def object_id(self) -> int:
        """As Rubin's: that of the first detection, or of the solar system's body."""
        return (
            20_890_000_000_000_000 + self.sky_object.index
            if self.moves
            else int(self.ids[self.found[0]])
        )

    def sources(self, columns: Columns) -> EncodedRows:
        """Encode all detections, one row each."""
        n = len(self.found)
        name = "ssObjectId" if self.moves else "diaObjectId"
        encoder = _source_encoder(self.version, self.moves)
        return encoder.encode(n, {**columns, name: np.full(n, self.object_id)})

    def forced(self, at: NDArray[np.int64]) -> EncodedRows:
        """Encode forced photometry at these visits."""
        sky_object, n = self.sky_object, len(at)
        columns = forced_columns(sky_object, self.visits, self.fluxes, at, self.ids)
        place = {"ra": sky_object.ra, "dec": sky_object.dec, "diaObjectId": self.object_id}
        return _forced_encoder().encode(
            n, {**columns, **{name: np.full(n, value) for name, value in place.items()}}
        )

    def packet(
        self,
        row: int,
        sources: EncodedRows,
        forced: EncodedRows,
        n_forced: int,
        cutouts: dict[str, bytes],
    ) -> Iterator[bytes]:
        """Yield the parts of a packet's record in the order of the schema.

        Parameters
        ----------
        row : int
            Which of the detections is the alert; those before it are its history.
        sources, forced : EncodedRows
            All of the object's.
        n_forced : int
            How many of these belong to the alert.
        cutouts : dict
            Empty: they are null.
        """
        yield varint(int(self.ids[self.found[row]]))
        encode = _encoders(self.version)
        yield encode["observation_reason"]("simulated")
        yield encode["target_name"](f"field_{self.sky_object.field:02d}")
        yield sources.row(row)
        if self.moves:
            yield _NULL * 3
            yield encode["ssSource"](self._solar_system(row))
        else:
            yield _array(row, sources)
            yield _array(n_forced, forced)
            yield encode["diaObject"](self._object(row))
            yield _NULL
        for name in CUTOUTS:
            yield encode[name](cutouts.get(name))

    def _object(self, row: int) -> dict[str, Any]:
        """Describe the object with this measurement and those before it."""
        seen = self.found[: row + 1]
        bands = np.bincount(self.visits.band[seen], minlength=6).tolist()
        last = float(self.visits.mjd[seen[-1]])
        return {
            "diaObjectId": self.object_id,
            "validityStartMjdTai": last + PROCESSED_DAYS,
            "ra": self.sky_object.ra,
            "dec": self.sky_object.dec,
            **{f"{b}_psfFluxNdata": n for b, n in zip("ugrizy", bands, strict=True)},
            "firstDiaSourceMjdTai": float(self.visits.mjd[seen[0]]),
            "lastDiaSourceMjdTai": last,
            "nDiaSources": row + 1,
        }

    def _solar_system(self, row: int) -> dict[str, Any]:
        from pipeline.sky.coordinates import ecliptic, galactic  # noqa: PLC0415 - slow to import

        place = np.array([self.sky_object.ra]), np.array([self.sky_object.dec])
        (lon,), (lat,), (gl,), (gb,) = *ecliptic(*place), *galactic(*place)
        return {
            "diaSourceId": int(self.ids[self.found[row]]),
            "ssObjectId": self.object_id,
            "designation": f"SIM {self.sky_object.index}",
            "eclLambda": float(lon),
            "eclBeta": float(lat),
            "galLon": float(gl % 360),
            "galLat": float(gb),
            "ephVmag": self.sky_object.parameters["mean_g"] - 0.3,
        }


def _array(n: int, rows: EncodedRows) -> bytes:
    """Return an array, not null, of the first rows."""
    return b"".join([_SOME, varint(n), rows.first(n), _END]) if n else _SOME + _END


@cache
def _source_encoder(version: str, moves: bool) -> RowEncoder:
    fields = source_fields(version)
    constants: dict[str, Any] = {
        "psfLnL": None, "trailRaErr": None, "trailDecErr": None, "trailLengthErr": None,
        "trailAngleErr": None, "trailChi2": None, "timeWithdrawnMjdTai": None,
        "parentDiaSourceId": 0, "psfNdata": 1681, "trailNdata": 0, "dipoleNdata": 0,
        "ssObjectId": None, "diaObjectId": None,
    }  # fmt: skip
    del constants["ssObjectId" if moves else "diaObjectId"]
    for field in fields:
        name = field["name"]
        if name.startswith("dipole"):
            constants.setdefault(name, None)
        if "boolean" in field["type"] and name != "isNegative":
            constants[name] = False
    return RowEncoder(fields, constants)


@cache
def _forced_encoder() -> RowEncoder:
    return RowEncoder(forced_fields(), {"timeWithdrawnMjdTai": None})


@cache
def _encoders(version: str) -> dict[str, Encoder]:
    """Return the encoders of the packet's fields that are not rows."""
    return {
        field["name"]: compile_encoder(field["type"])
        for field in schema(version)["fields"]
        if not field["name"].startswith(("prv", "diaSource"))
    }
