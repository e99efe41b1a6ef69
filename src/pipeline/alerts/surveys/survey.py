"""What a survey's module says about its packets."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

TYPES = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
}
ZTF_FIELDS = {"prv_candid": "candid", "mag": "magpsf", "magerr": "sigmapsf", "zp": "magzpsci"}
"""What ZTF and the surveys that took over its packets call columns of the history table."""
HEADER = ("column", "type", "unit", "path")


@dataclass(frozen=True)
class FieldColumn:
    """A scalar of the packet that becomes a column of the alerts table.

    Where versions of the packet name it differently, the CSV joins the paths by ``|``.
    """

    name: str
    type: pa.DataType
    unit: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """An array of earlier or forced measurements in the packet.

    Attributes
    ----------
    kind : str
        ``prv`` or ``forced``.
    path : str
        Of the array in the packet.
    columns : mapping
        Column of the history table → field of the array's items, where the names differ;
        ``band`` names the field with the band (else ``fid``).
    zp : float or None
        AB zero point of ``flux`` [mag] where it is a constant of the survey.
    """

    kind: str
    path: str
    columns: Mapping[str, str] = field(default_factory=lambda: ZTF_FIELDS)
    zp: float | None = None

    @property
    def by_flux(self) -> bool:
        """Whether it has fluxes, from which magnitudes are calculated; else the other way."""
        return "flux" in self.columns


@dataclass(frozen=True)
class Measurement:
    """What an alert's own measurement is called in the alerts table.

    Attributes
    ----------
    columns : mapping
        Column of the history table → of the alerts table, where the names differ; ``band``
        names the column with the band (else ``fid``).
    zp : float or None
        AB zero point of ``flux`` [mag], if it is among `columns`.
    """

    columns: Mapping[str, str] = field(
        default_factory=lambda: {"mag": "magpsf", "magerr": "sigmapsf"}
    )
    zp: float | None = None

    @property
    def by_flux(self) -> bool:
        """Whether it is a flux, from which the magnitude is calculated; else the other way."""
        return "flux" in self.columns


@dataclass(frozen=True)
class Survey:
    """Where the packets of a survey keep what all tables need.

    All paths are dotted: ``candidate.jd``.

    Attributes
    ----------
    name : str
        As in ``alerts.tsv``.
    columns_csv : Path
        The survey's own columns: column, type, unit, path.
    candid : str
        Path; several joined by ``|`` where versions of the packet differ: the first that a
        packet's schema has.
    ra, dec, time : str
        Paths; degrees (ICRS), and the time that `to_jd` understands.
    object_id : tuple of str
        Paths; the first that is neither null nor 0, nor a word for these, names the object.
    needed : tuple of str
        Paths of further scalars without which a packet is of some other survey.
    cutouts : tuple of 3 str
        Paths of the science, template and difference stamps; empty where there are none.
    histories : tuple of History
        Earlier and forced measurements that a packet carries.
    measurement : Measurement
        The alert's own measurement, for light curves.
    to_jd : callable
        Time as in the packet, (n,) float64 → Julian date UTC, (n,) float64.
    filters : mapping
        Name of the photometric band → as sncosmo knows it; keys are fid or band, and
        ``None`` is the band of a survey that has just one.
    """

    name: str
    columns_csv: Path
    candid: str
    object_id: tuple[str, ...]
    time: str
    ra: str
    dec: str
    needed: tuple[str, ...] = ()
    cutouts: tuple[str, str, str] | tuple[()] = ()
    histories: tuple[History, ...] = ()
    measurement: Measurement = field(default_factory=Measurement)
    filters: Mapping[int | str | None, str] = field(default_factory=dict)
    to_jd: Callable[[np.ndarray], np.ndarray] = lambda jd: jd

    @property
    def candid_paths(self) -> tuple[str, ...]:
        """Return where the candid may be: the first of these that a packet's schema has."""
        return tuple(self.candid.split("|"))

    @property
    def light_curve_columns(self) -> tuple[str, ...]:
        """Return the columns of the alerts table that light curves take, none without filters.

        Without one of them, the alerts' own measurements are missing from every light curve.
        """
        if not self.filters:
            return ()
        own = self.measurement
        names = ["flux", "fluxerr"] if own.by_flux else ["mag", "magerr", "diffmaglim", "isdiffpos"]
        found = tuple(own.columns.get(name, name) for name in names)
        return found if None in self.filters else (*found, own.columns.get("band", "fid"))

    @cached_property
    def columns(self) -> tuple[FieldColumn, ...]:
        """Return the survey's own columns, as its CSV lists them; see `read_columns`."""
        return read_columns(self.columns_csv)


def read_columns(path: Path) -> tuple[FieldColumn, ...]:
    """Read a survey's CSV of columns.

    Raises
    ------
    ValueError
        If it has another header, an unknown type or a name twice; the message names file
        and line.
    """
    columns: dict[str, FieldColumn] = {}
    with path.open(newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != HEADER:
            raise ValueError(f"{path}: expected the header {','.join(HEADER)}")
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row or None in row.values():
                raise ValueError(f"{where}: expected {','.join(HEADER)}")
            name, type_, unit, source = row.values()
            if type_ not in TYPES:
                raise ValueError(f"{where}: type {type_!r}, expected one of {', '.join(TYPES)}")
            if name in columns:
                raise ValueError(f"{where}: a second column {name!r}")
            columns[name] = FieldColumn(name, TYPES[type_], unit, tuple(source.split("|")))
    return tuple(columns.values())
