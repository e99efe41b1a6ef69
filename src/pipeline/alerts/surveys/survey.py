"""What a survey's module says about its packets."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

_TYPES = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
}


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
    columns: Mapping[str, str] = field(default_factory=dict)
    zp: float | None = None


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
    candid, ra, dec, time : str
        Paths; degrees (ICRS), and the time that `to_jd` understands.
    object_id : tuple of str
        Paths; the first that is neither null nor 0 names the object.
    index_field : str
        Field of the packet behind which all of candid and object_id have been read, so
        that an index need not decode whole packets.
    cutouts : tuple of 3 str
        Paths of the science, template and difference stamps.
    histories : tuple of History
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
    index_field: str
    cutouts: tuple[str, str, str]
    histories: tuple[History, ...]
    filters: Mapping[int | str | None, str]
    to_jd: Callable[[np.ndarray], np.ndarray] = lambda jd: jd

    @cached_property
    def columns(self) -> tuple[FieldColumn, ...]:
        """Return the survey's own columns, as its CSV lists them.

        Raises
        ------
        ValueError
            If the CSV names an unknown type; the message names file and line.
        """
        columns = []
        with self.columns_csv.open(newline="") as lines:
            for row in (reader := csv.DictReader(lines)):
                if row["type"] not in _TYPES:
                    raise ValueError(
                        f"{self.columns_csv}, line {reader.line_num}: type {row['type']!r},"
                        f" expected one of {', '.join(_TYPES)}"
                    )
                paths = tuple(row["path"].split("|"))
                columns.append(FieldColumn(row["column"], _TYPES[row["type"]], row["unit"], paths))
        return tuple(columns)
