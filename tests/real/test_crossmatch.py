"""Cross-matches against what the alert broker Kowalski and astropy find."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog, cones
from pipeline.crossmatch.match import match_alerts
from pipeline.crossmatch.store import open_store

pytestmark = pytest.mark.real

SURVEYS = ["ztf", "wntr", "pgir"]
RADII = {"ztf": 2.0, "wntr": 2.0, "pgir": 8.0}

# What Kowalski is configured with. The low radius of WNTR is not documented: its galaxies at
# z < 0.01 in the reference are matched at no angle (the nearest lies at 109").
FIXTURE = {
    "2MASS_PSC": {"columns": ["j_m", "h_m", "k_m"], "radius_arcsec": RADII, "surveys": SURVEYS},
    "AllWISE": {
        "columns": ["w1mpro", "w2mpro"],
        "radius_arcsec": RADII | {"wntr": 5.0},
        "surveys": SURVEYS,
    },
    "CLU_20190625": {
        "columns": ["name", "z", "mstar"],
        "radius_arcsec": 300,
        "distance": {
            "column": "z",
            "unit": "redshift",
            "low_arcsec": {"ztf": 300, "pgir": 300, "wntr": 2},
        },
        "surveys": SURVEYS,
    },
    "Gaia_EDR3": {"columns": ["parallax"], "radius_arcsec": RADII, "surveys": SURVEYS},
    "NED_BetaV3": {
        "columns": ["objname", "DistMpc"],
        "radius_arcsec": 300,
        "distance": {"column": "DistMpc", "unit": "Mpc"},
    },
    "milliquas": {"columns": ["Name", "Qpct"]},
}


@pytest.fixture(scope="module")
def fixture(shared, tmp_path_factory):
    """Return the catalogues' configuration and their stores."""
    folder = shared / "data/catalogs/xmatch_fixture"
    out = tmp_path_factory.mktemp("catalogs")
    catalogs = {n: Catalog(path=f"{folder}/{n}.csv", id="_id", **c) for n, c in FIXTURE.items()}
    stores = {name: out / name for name in catalogs}
    for name, catalog in catalogs.items():
        build_store(catalog.path, stores[name], catalog.source)
    return catalogs, stores


@pytest.mark.parametrize("worker", ["ZTF", "WNTR", "PGIR"])
def test_every_match_of_kowalski_and_no_other(shared, fixture, worker):
    catalogs, stores = fixture
    expected = pd.read_csv(shared / "reference/alerts/xmatch.csv", dtype={"match_id": str})
    expected = expected[expected.worker == worker]
    assert len(expected) > 150
    for survey in (worker, "CRAFT"):
        reference = expected[expected.survey == survey]
        positions = reference.drop_duplicates("candid")
        alerts = pa.table({n: positions[n].to_numpy() for n in ("candid", "ra", "dec")})
        found = match_alerts(alerts, stores, cones(catalogs, worker.lower())).to_pandas()
        both = reference.merge(
            found, on=["candid", "catalog", "match_id"], how="outer", indicator=True
        )
        assert (both._merge == "both").all(), both[both._merge != "both"]
        assert len(both) == len(reference)
        galaxies = both[both.distance_arcsec_x.notna()]
        assert set(galaxies.catalog) <= {"CLU_20190625", "NED_BetaV3"}
        for column in ("distance_arcsec", "distance_kpc"):
            assert galaxies[f"{column}_y"].to_numpy() == pytest.approx(
                galaxies[f"{column}_x"].to_numpy(), abs=1e-9
            )
        assert both[both.distance_arcsec_x.isna()].distance_kpc_y.isna().all()


@pytest.fixture(scope="module")
def alerts(shared):
    """Return the positions of all real alerts, also those out of histories."""
    tables = [
        pq.read_table(shared / f"data/alerts/{name}.parquet", columns=["candid", "candidate"])
        for name in ("ztf_real_alerts", "ztf_pseudo_alerts")
    ]
    candid = np.concatenate([t["candid"].to_numpy() for t in tables])
    ra, dec = (
        np.concatenate([t["candidate"].combine_chunks().field(name) for t in tables])
        for name in ("ra", "dec")
    )
    assert len(candid) == 488 + 4811
    return pa.table({"candid": candid, "ra": ra, "dec": dec})


REAL = {
    "vsx": {"ra": "RAJ2000", "dec": "DEJ2000", "columns": ["VType"]},
    "gcvs": {"columns": ["VarType"]},
    "mangrove_filtered": {"columns": ["lum_dist"]},
}


@pytest.mark.parametrize(
    ("name", "radius"),
    [("vsx", 2.0), ("vsx", 60.0), ("gcvs", 2.0), ("mangrove_filtered", 300.0)],
)
def test_real_catalogues_as_astropy(shared, tmp_path, alerts, name, radius):
    path = shared / f"data/catalogs/real/{name}.parquet"
    catalog = Catalog(path=str(path), radius_arcsec=radius, **REAL[name])
    column = catalog.columns[0]
    meta = build_store(path, tmp_path / name, catalog.source)
    source = pq.read_table(path)
    assert meta["rows"] == len(source)
    found = match_alerts(alerts, {name: tmp_path / name}, cones({name: catalog}, "ztf"))

    sky = SkyCoord(alerts["ra"].to_numpy(), alerts["dec"].to_numpy(), unit="deg")
    rows = SkyCoord(source[catalog.ra].to_numpy(), source[catalog.dec].to_numpy(), unit="deg")
    i, j, separation, _ = search_around_sky(sky, rows, radius * u.arcsec)
    assert len(i) > 300
    by = np.lexsort((separation, i))
    assert found["candid"].to_numpy().tolist() == alerts["candid"].to_numpy()[i[by]].tolist()
    assert found["distance_arcsec"].to_numpy() == pytest.approx(separation.arcsec[by], abs=1e-6)
    pairs = zip(found["candid"].to_pylist(), found["match_id"].to_pylist(), strict=True)
    assert set(pairs) == set(zip(alerts["candid"].to_numpy()[i], map(str, j), strict=True))
    chosen = source[column].take(pa.array(found["match_id"].to_numpy().astype(int)))
    assert found[f"{name}_{column}"].equals(chosen)


def test_4lac_fits(shared, tmp_path):
    path = shared / "data/catalogs/real/table-4LAC-DR3-h.fits"
    catalog = Catalog(
        path=str(path),
        ra="RAJ2000",
        dec="DEJ2000",
        id="Source_Name",
        columns=["CLASS", "Pivot_Energy"],
        distance={"column": "Redshift", "unit": "redshift"},
    )
    meta = build_store(path, tmp_path / "lac", catalog.source)
    assert meta["rows"] + meta["skipped"]["distance"] == 3407
    assert meta["skipped"]["distance"] > 1000  # -inf stands for an unknown redshift
    store = open_store(tmp_path / "lac")
    assert store.schema.field("Pivot_Energy").metadata == {b"unit": b"MeV"}
    names, columns = store.take(np.arange(meta["rows"]))
    mrk421 = names.to_pylist().index("4FGL J1104.4+3812")
    assert columns["CLASS"][mrk421].as_py() == "BLL"
    assert store.distance[mrk421] == pytest.approx(0.03, abs=1e-3)


def test_igaps_gzipped_fits(shared, tmp_path):
    path = shared / "data/catalogs/igaps-dr1-215a-small.fits.gz"
    catalog = Catalog(path=str(path), ra="RA", dec="DEC", id="name", columns=["iClass", "iTrail"])
    assert build_store(path, tmp_path / "igaps", catalog.source)["rows"] == 100
    names, columns = open_store(tmp_path / "igaps").take(np.arange(100))
    assert names.to_pylist()[0].startswith("J0636")
    assert columns.schema.types == [pa.int16(), pa.bool_()]


def test_3hsp_csv_with_sexagesimal_positions_and_padded_fields(shared, tmp_path):
    path = shared / "data/catalogs/real/3hsp.csv"
    catalog = Catalog(
        path=str(path), ra="R.A.", dec="Dec", id="3HSP Source name", columns=["FOM", "id"]
    )
    meta = build_store(path, tmp_path / "hsp", catalog.source)
    assert meta["rows"] == 2013 and set(meta["skipped"].values()) == {0}
    store = open_store(tmp_path / "hsp")
    names, columns = store.take(np.arange(meta["rows"]))
    # 3HSPJ000116.4+293534, the first line of the file
    first = names.to_pylist().index("3HSPJ000116.4+293534")
    assert columns.slice(first, 1).to_pylist() == [{"FOM": 0.05, "id": 1}]
    expected = SkyCoord("00 01 16.37", "+29 35 34.0", unit=("hourangle", "deg"))
    assert store.vec[first] == pytest.approx(expected.cartesian.xyz.value, abs=1e-13)
