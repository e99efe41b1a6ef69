"""The truth of a simulated night, as a table beside the packets."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.io.tables import BatchWriter, field, table_writer
from pipeline.simulate.lsst.measurement import NJY
from pipeline.simulate.lsst.stream import RubinPacket
from pipeline.simulate.lsst.survey import utc_jd
from pipeline.simulate.ztf.lightcurves import magnitude
from pipeline.simulate.ztf.population import PARAMETERS

TRUTH = pa.schema(
    [
        field("packet", pa.int64(), "", "number of the packet, from 0"),
        field("candid", pa.int64(), "", "diaSourceId"),
        field("object_id", pa.string(), "", "diaObjectId, or ssObjectId"),
        field("object", pa.int64(), "", "number of the object, from 0"),
        field("class", pa.string(), "", "sn_ia, sn_cc, variable, agn, asteroid or bogus"),
        field("kind", pa.string(), "", "subtype, or what makes it bogus"),
        field("defect", pa.string(), "", "what was broken on purpose, else null"),
        field("jd", pa.float64(), "d", "Julian date, UTC"),
        field("band", pa.string(), "", "one of ugrizy"),
        field("ra", pa.float64(), "deg", "true place, ICRS"),
        field("dec", pa.float64(), "deg", "true place, ICRS"),
        field("flux_true", pa.float64(), "uJy", "science minus template; null for bogus"),
        field("mag_true", pa.float64(), "mag", "magnitude of its size"),
        field("earlier", pa.int64(), "", "measurements in prvDiaSources"),
        field("forced", pa.int64(), "", "measurements in prvDiaForcedSources"),
        *(
            field(name, pa.float64(), unit, "parameter of the light curve")
            for name, unit in PARAMETERS.items()
        ),
    ]
)


class Truth:
    """Writer of ``truth.parquet``, fed packet by packet."""

    def __init__(self, writer: BatchWriter) -> None:
        self._writer = writer
        self._rows: list[dict[str, Any]] = []

    def add(self, packet: RubinPacket) -> None:
        """Add a packet's truth."""
        self._rows.append(truth_row(packet))
        if len(self._rows) == 1000:
            self.flush()

    def flush(self) -> None:
        """Write what was held back."""
        self._writer.add(pa.Table.from_pylist(self._rows, schema=TRUTH))
        self._rows = []


@contextmanager
def open_truth(folder: Path) -> Iterator[Truth]:
    """Open ``truth.parquet`` in `folder`."""
    with table_writer(folder / "truth.parquet", TRUTH) as file:
        writer = BatchWriter(file)
        truth = Truth(writer)
        yield truth
        truth.flush()
        writer.flush()


def truth_row(packet: RubinPacket) -> dict[str, Any]:
    """Return the truth of one packet; missing columns are null."""
    alert, true = packet.alert, packet.alert.sky_object
    flux = alert.true_flux / NJY
    known = not math.isnan(flux)
    return {
        "packet": packet.number,
        "candid": alert.candid,
        "object_id": str(alert.object_id),
        "object": true.index,
        "class": true.object_class,
        "kind": true.kind,
        "defect": packet.defect,
        "jd": float(utc_jd(alert.mjd)),
        "band": alert.band,
        "ra": true.ra,
        "dec": true.dec,
        "flux_true": flux if known else None,
        "mag_true": float(magnitude(np.array(flux))) if known else None,
        "earlier": alert.earlier,
        "forced": alert.forced,
        **true.parameters,
    }
