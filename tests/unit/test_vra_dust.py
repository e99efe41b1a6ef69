"""E(B-V) of maps in the format of Schlegel, Finkbeiner & Davis, against astropy's WCS and scipy."""

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.registry import get_survey
from pipeline.vra.dust import DustMap
from pipeline.vra.features import feature_rows
from pipeline.vra.places import DUST_FILES

SIZE = 64
SCALE = SIZE / 2


def header(pole: int) -> fits.Header:
    """Return what the maps have in theirs, of a smaller one."""
    found = fits.Header()
    step = np.degrees(np.sqrt(2)) / SCALE
    of = {
        "CTYPE1": "GLON-ZEA", "CTYPE2": "GLAT-ZEA", "CRPIX1": SIZE / 2 + 0.5,
        "CRPIX2": SIZE / 2 + 0.5, "CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step,
        "CRVAL1": 90.0, "CRVAL2": 90.0 * pole,
        "LONPOLE": 180.0, "LAM_NSGP": pole, "LAM_SCAL": SCALE,
    }  # fmt: skip
    found.update(of)
    return found


@pytest.fixture
def maps(tmp_path):
    """Write a small map of random numbers; return its files."""
    random = np.random.default_rng(1)
    paths = []
    for name, pole in zip(DUST_FILES, (1, -1), strict=True):
        values = random.random((SIZE, SIZE)).astype(np.float32)
        fits.PrimaryHDU(values, header(pole)).writeto(tmp_path / name)
        paths.append(tmp_path / name)
    return tuple(paths)


def expected(paths, ra, dec):
    """Return the same by astropy's projection and scipy's interpolation."""
    place = SkyCoord(ra, dec, unit="deg").galactic
    found = np.empty(len(ra))
    for path, mine in zip(paths, (place.b.deg >= 0, place.b.deg < 0), strict=True):
        x, y = WCS(fits.getheader(path)).all_world2pix(place.l.deg[mine], place.b.deg[mine], 0)
        values = fits.getdata(path).astype(float)
        found[mine] = map_coordinates(values, [y, x], order=1, mode="nearest")
    return found


def test_against_astropy_and_scipy(maps):
    random = np.random.default_rng(2)
    ra, dec = random.uniform(0, 360, 5000), np.degrees(np.arcsin(random.uniform(-1, 1, 5000)))
    ra[:2], dec[:2] = (192.85948, 12.85948), (27.12825, -27.12825)  # the galactic poles
    assert DustMap(maps).ebv(ra, dec) == pytest.approx(expected(maps, ra, dec), abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(
    ra=st.floats(allow_nan=True, allow_infinity=True),
    dec=st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_numbers(tmp_path_factory, ra, dec):
    folder = tmp_path_factory.getbasetemp() / "dust"
    if not folder.is_dir():
        folder.mkdir()
        for name, pole in zip(DUST_FILES, (1, -1), strict=True):
            whole = np.ones((SIZE, SIZE), "f4")
            fits.PrimaryHDU(whole, header(pole)).writeto(folder / name)
    paths = (folder / DUST_FILES[0], folder / DUST_FILES[1])
    (found,) = DustMap(paths).ebv(np.array([ra]), np.array([dec]))
    assert np.isnan(found) or found == pytest.approx(1)
    assert np.isnan(found) == (not (np.isfinite(ra) and np.isfinite(dec) and abs(dec) <= 90))


def test_null_with_a_reason_where_there_is_none(maps):
    with fits.open(maps[0], mode="update") as opened:
        opened[0].data[:] = np.nan
    alerts = [
        {
            "candid": n, "object_id": f"o{n}", "jd": 2460000.5, "ra": ra, "dec": dec, "fid": 1,
            "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": True, "distnr": 5.0, "magnr": 17.0,
            "sigmagnr": 0.05, "drb": 0.9, "diffmaglim": 20.0, "magzpsci": 26.0,
        }
        for n, (ra, dec) in enumerate(((192.9, 27.1), (12.9, -27.1)))
    ]  # fmt: skip
    table = pa.Table.from_pylist(alerts)
    none = pa.Table.from_pylist([], HISTORY_SCHEMA)
    found = feature_rows(table, none, get_survey("ztf"), dust=DustMap(maps)).to_pylist()
    assert found[0]["ebv"] is None
    assert "ebv: the dust map has no number there" in found[0]["reason"]
    assert found[1]["ebv"] == pytest.approx(expected(maps, [12.9], [-27.1])[0], abs=1e-5)
    assert "ebv" not in found[1]["reason"]


@pytest.mark.parametrize("content", [b"", b"SIMPLE  =", b"\0" * 5000])
def test_damaged_files_are_named(maps, content):
    maps[1].write_bytes(content)
    with pytest.raises(ValueError, match=f"{DUST_FILES[1]}: is no dust map of SFD"):
        DustMap(maps)


def test_other_files_are_refused(maps, tmp_path):
    with pytest.raises(ValueError, match="is of the other hemisphere"):
        DustMap(maps[::-1])
    fits.PrimaryHDU(np.ones(5, "f4"), header(1)).writeto(maps[0], overwrite=True)
    with pytest.raises(ValueError, match="an image was expected"):
        DustMap(maps)
    fits.PrimaryHDU(np.ones((8, 8), "f4")).writeto(maps[0], overwrite=True)
    with pytest.raises(ValueError, match="LAM_SCAL"):
        DustMap(maps)
    for wrong in ({"LAM_SCAL": 4096.0}, {"CRPIX1": 1e300}, {"CRPIX2": 1.0}, {"LAM_SCAL": "nan"}):
        of = header(1)
        of.update(wrong)
        fits.PrimaryHDU(np.ones((64, 64), "f4"), of).writeto(maps[0], overwrite=True)
        with pytest.raises(ValueError, match="its equator lies outside of the image"):
            DustMap(maps)
    cut = maps[1].read_bytes()
    fits.PrimaryHDU(np.ones((64, 64), "f4"), header(1)).writeto(maps[0], overwrite=True)
    maps[1].write_bytes(cut[:-4000])
    with pytest.raises(ValueError, match=DUST_FILES[1]):
        DustMap(maps)
    maps[1].unlink()
    with pytest.raises(FileNotFoundError):
        DustMap(maps)
