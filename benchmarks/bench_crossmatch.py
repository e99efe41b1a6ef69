"""Cross-match 1e5 positions with a catalogue of 1e7 rows at 2", against astropy's match.

Figures are CPU seconds of one process. Sorting the catalogue is paid once and reported
apart. So is astropy's tree, which lives as long as the process.
"""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.coordinates import SkyCoord
from measure import Figure, cpu, figure, markdown

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.match import match_alerts

RADIUS = 2.0  # [arcsec]


def run(quick: bool) -> list[Figure]:
    """Time both on the same positions and check that they find the same.

    Parameters
    ----------
    quick : bool
        A tenth of the positions and of the rows.
    """
    positions, rows = (10_000, 1_000_000) if quick else (100_000, 10_000_000)
    rng = np.random.default_rng(7)
    ra, dec = _uniform(rng, rows)
    # half of the alerts lie within some arcsec of a row, as those of stars and galaxies do
    near = rng.choice(rows, positions // 2, replace=False)
    alert_ra, alert_dec = _uniform(rng, positions)
    offset = rng.normal(scale=1.5 / 3600, size=(2, len(near)))
    alert_dec[: len(near)] = np.clip(dec[near] + offset[0], -90, 90)
    alert_ra[: len(near)] = ra[near] + offset[1] / np.cos(np.radians(dec[near]))
    alerts = pa.table({"candid": np.arange(positions), "ra": alert_ra % 360, "dec": alert_dec})

    with tempfile.TemporaryDirectory() as folder:
        source, store = Path(folder, "catalogue.parquet"), Path(folder, "store")
        pq.write_table(pa.table({"ra": ra, "dec": dec, "mag": rng.random(rows)}), source)
        catalog = Catalog(path=str(source), columns=["mag"], radius_arcsec=RADIUS)
        building = cpu(lambda: build_store(source, store, catalog.source))[0]
        matching, found = cpu(
            lambda: match_alerts(alerts, {"c": store}, {"c": catalog.cone("ztf")})
        )

    sky, catalogue = (
        SkyCoord(np.asarray(a), np.asarray(d), unit="deg")
        for a, d in ((alerts["ra"], alerts["dec"]), (ra, dec))
    )
    peer, (nearest, separation, _) = cpu(lambda: sky.match_to_catalog_sky(catalogue))
    again = cpu(lambda: sky.match_to_catalog_sky(catalogue))[0]  # its tree is there now
    _check(found, nearest, separation.to_value(u.arcsec))
    size = f'{positions:.0e} positions, {rows:.0e} rows, {RADIUS:g}"'
    note = f"{found.num_rows} matches, the nearest the same as astropy's"
    unit = "CPU s"
    return [
        figure(f"match {size}, a night's shard", matching, unit, peer=peer, goal=1.5, note=note),
        figure(
            "match, astropy's tree in memory", matching, unit, peer=again,
            note="its tree lives as long as the process",
        ),
        figure("match and sort the catalogue", matching + building, unit, peer=peer, note="once"),
    ]  # fmt: skip


def _uniform(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def _check(found: pa.Table, nearest: np.ndarray, separation: np.ndarray) -> None:
    """Stop unless the nearest matches are astropy's nearest rows within the radius."""
    first = found.filter(np.asarray(found["rank"]) == 1)
    expected = np.flatnonzero(separation <= RADIUS)
    if not (
        np.array_equal(first["candid"], expected)
        and np.array_equal(np.array(first["match_id"]).astype(int), nearest[expected])
        and np.allclose(first["distance_arcsec"], separation[expected], rtol=0, atol=1e-6)
    ):
        raise RuntimeError("our matches differ from astropy's")


if __name__ == "__main__":
    print(markdown(run(quick=False)))
