"""Tables beside the packets: the truth, and catalogues of the same sky."""

import csv
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from pipeline.io.atomic import atomic_path
from pipeline.io.tables import TableWriter, field, table_writer
from pipeline.simulate.oracle import Oracle
from pipeline.simulate.stream import SimulatedPacket
from pipeline.simulate.ztf import sky
from pipeline.simulate.ztf.lightcurves import magnitude
from pipeline.simulate.ztf.population import PARAMETERS, SkyObject, galaxy_name

BATCH = 2000  # rows held back

TRUTH = pa.schema(
    [
        field("packet", pa.int64(), "", "number of the packet, from 0"),
        field("candid", pa.int64(), "", "candid, also where the packet has lost it"),
        field("object_id", pa.string(), "", "objectId"),
        field("object", pa.int64(), "", "number of the object, from 0"),
        field("class", pa.string(), "", "sn_ia, sn_cc, variable, agn, asteroid or bogus"),
        field("kind", pa.string(), "", "subtype, or what makes it bogus"),
        field("defect", pa.string(), "", "what was broken on purpose, else null"),
        field("jd", pa.float64(), "d", "Julian date, UTC"),
        field("fid", pa.int32(), "", "1 = g, 2 = r"),
        field("ra", pa.float64(), "deg", "true place, J2000"),
        field("dec", pa.float64(), "deg", "true place, J2000"),
        field("flux_true", pa.float64(), "uJy", "science minus reference; null for bogus"),
        field("mag_true", pa.float64(), "mag", "magnitude of its size"),
        field("host", pa.string(), "", "name of the host in galaxies.csv"),
        *(
            field(name, pa.float64(), unit, "parameter of the light curve")
            for name, unit in PARAMETERS.items()
        ),
    ]
)
STARS = pa.schema(
    [
        field("name", pa.string()),
        field("ra", pa.float64(), "deg", "J2000"),
        field("dec", pa.float64(), "deg", "J2000"),
        field("type", pa.string(), "", "RRab, RRc or star"),
        field("mag", pa.float64(), "mag", "mean magnitude in r"),
    ]
)
GALAXIES = ("name", "ra", "dec", "z")
UNMEASURED = 50  # one field galaxy in so many has no redshift, as in real catalogues


class Tables:
    """Writers of the truth and of the catalogues, fed packet by packet."""

    def __init__(
        self, truth: TableWriter, stars: TableWriter, galaxies: TextIO, oracle: Oracle
    ) -> None:
        self._oracle = oracle
        self._writers = {"truth": truth, "stars": stars}
        self._schemas = {"truth": TRUTH, "stars": STARS}
        self._rows: dict[str, list[dict[str, Any]]] = {"truth": [], "stars": []}
        self._galaxies = csv.writer(galaxies, lineterminator="\n")
        self._galaxies.writerow(GALAXIES)

    def add(self, packet: SimulatedPacket) -> None:
        """Add a packet's truth and, with its object's first alert, what lies around."""
        truth = truth_row(packet)
        self._rows["truth"].append(truth)
        self._oracle.add(truth)
        if packet.alert.first:
            self._rows["stars"] += star_rows(packet.alert.sky_object)
            self._galaxies.writerows(galaxy_rows(packet.alert.sky_object))
        for name, rows in self._rows.items():
            if len(rows) >= BATCH:
                self._write(name)

    def flush(self) -> None:
        """Write what was held back."""
        for name in self._rows:
            self._write(name)

    def _write(self, name: str) -> None:
        table = pa.Table.from_pylist(self._rows[name], schema=self._schemas[name])
        self._writers[name].write_table(table)
        self._rows[name] = []


@contextmanager
def open_tables(folder: Path) -> Iterator[Tables]:
    """Open ``truth.parquet``, ``stars.parquet``, ``galaxies.csv``, ``labels.csv`` in `folder`."""
    with ExitStack() as stack:
        truth = stack.enter_context(table_writer(folder / "truth.parquet", TRUTH))
        stars = stack.enter_context(table_writer(folder / "stars.parquet", STARS))
        path = stack.enter_context(atomic_path(folder / "galaxies.csv"))
        galaxies = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        path = stack.enter_context(atomic_path(folder / "labels.csv"))
        labels = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        tables = Tables(truth, stars, galaxies, Oracle(labels))
        yield tables
        tables.flush()


def truth_row(packet: SimulatedPacket) -> dict[str, Any]:
    """Return the truth of one packet; missing columns are null."""
    alert, true = packet.alert, packet.alert.sky_object
    flux = alert.true_flux_ujy
    known = not math.isnan(flux)
    return {
        "packet": packet.number,
        "candid": packet.candid,
        "object_id": alert.record["objectId"],
        "object": true.index,
        "class": true.object_class,
        "kind": true.kind,
        "defect": packet.defect,
        "jd": alert.record["candidate"]["jd"],
        "fid": alert.record["candidate"]["fid"],
        "ra": true.ra,
        "dec": true.dec,
        "flux_true": flux if known else None,
        "mag_true": float(magnitude(flux)) if known else None,
        "host": true.host_name,
        **true.parameters,
    }


def star_rows(true: SkyObject) -> list[dict[str, Any]]:
    """Return the stars around an object, itself included if it is one."""
    sources = true.sources
    ra, dec = sky.offset_sky(true.ra, true.dec, sources.x, sources.y)
    rows = []
    for k in range(len(ra)):
        variable = true.object_class == "variable" and k == 0
        agn = true.object_class == "agn" and k == 0
        if not math.isnan(sources.redshift[k]) or agn:
            continue
        rows.append(
            {
                "name": f"SIM{true.index:08d}S{k:02d}",
                "ra": float(ra[k]),
                "dec": float(dec[k]),
                "type": true.kind if variable else "star",
                "mag": float(sources.mags[1, k]),
            }
        )
    return rows


def galaxy_rows(true: SkyObject) -> list[tuple[str, float, float, float | str]]:
    """Return the galaxies around an object, the last of them its host if it has one."""
    sources = true.sources
    ra, dec = sky.offset_sky(true.ra, true.dec, sources.x, sources.y)
    rows = []
    for k in range(len(ra)):
        z = float(sources.redshift[k])
        if math.isnan(z):
            continue
        is_host = not sources.rendered[k]
        unmeasured = not is_host and (true.index + k) % UNMEASURED == 0
        name = galaxy_name(true.index, k)
        rows.append((name, float(ra[k]), float(dec[k]), "" if unmeasured else z))
    return rows
