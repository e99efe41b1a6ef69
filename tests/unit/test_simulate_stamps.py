"""Pixels of simulated stamps."""

import gzip
import io
from itertools import islice

import numpy as np
import pytest
from astropy.io import fits

from pipeline.simulate.stream import packet_stream, training_stamps
from pipeline.simulate.ztf.population import BOGUS
from pipeline.simulate.ztf.psf import CENTRE, GalaxyShape, galaxy, point_sources
from pipeline.simulate.ztf.stamps import gzipped_fits

KINDS = ("Science", "Template", "Difference")


def images(record):
    """Read the stamps with astropy."""
    hdus = [
        fits.open(io.BytesIO(gzip.decompress(record[f"cutout{kind}"]["stampData"])))
        for kind in KINDS
    ]
    assert all(len(hdu) == 1 for hdu in hdus)
    return [hdu[0].data for hdu in hdus]


@pytest.fixture(scope="module")
def packets():
    return list(islice(packet_stream(11, "20240601"), 350))


def test_a_source_has_its_flux_its_place_and_its_width():
    image = point_sources(np.array([30.3]), np.array([32.6]), np.array([1000.0]), 2.2)
    y, x = np.mgrid[:63, :63]
    assert image.shape == (63, 63)
    assert image.sum() == pytest.approx(1000, rel=1e-3)
    assert (image * x).sum() / image.sum() == pytest.approx(30.3, abs=1e-3)
    assert (image * y).sum() / image.sum() == pytest.approx(32.6, abs=1e-3)


def test_sources_add_up():
    x, y, flux = np.array([20.0, 40.2]), np.array([31.0, 12.7]), np.array([100.0, 50.0])
    extent = np.array([[0.0, 1.5], [0.0, 0.5]])
    both = point_sources(x, y, flux, 2.0, extent)
    single = [point_sources(x[i : i + 1], y[i : i + 1], flux[i : i + 1], 2.0, extent[:, i : i + 1])
              for i in (0, 1)]  # fmt: skip
    assert np.allclose(both, single[0] + single[1], atol=1e-5)


def test_a_galaxy_is_an_exponential_disc():
    half_light = 12.0
    image = galaxy((CENTRE, CENTRE), 1.0, GalaxyShape(half_light, 1.0, 0.0), fwhm=1.0)
    radius = np.arange(4, 30) / half_light
    expected = np.exp(-1.678 * radius) * 1.678**2 / (2 * np.pi * half_light**2)
    assert np.allclose(image[CENTRE, CENTRE + 4 : CENTRE + 30], expected, rtol=0.1)


def test_stamps_are_fits_files_like_ztfs(packets):
    whole = 0
    for packet in packets:
        for image in images(packet.record):
            assert image.dtype == ">f4"
            whole += image.shape == (63, 63)
    assert 0.9 < whole / (3 * len(packets)) < 0.995  # some lie at the edge of the chip


def test_stamps_end_at_the_edge_of_the_chip(packets):
    cut = 0
    for packet in packets:
        shapes = {image.shape for image in images(packet.record)}
        assert len(shapes) == 1
        c = packet.record["candidate"]
        x, y = round(c["xpos"]), round(c["ypos"])
        wide = min(x + 31, 3071) - max(x - 31, 0) + 1
        high = min(y + 31, 3079) - max(y - 31, 0) + 1
        assert shapes == {(high, wide)}
        cut += shapes != {(63, 63)}
    assert cut > 2


def test_masks_are_the_same_in_all_three_and_spare_the_centre(packets):
    masked = 0
    for packet in packets:
        stamps = images(packet.record)
        nans = [np.isnan(image) for image in stamps]
        assert (nans[0] == nans[1]).all() and (nans[0] == nans[2]).all()
        if nans[0].shape == (63, 63):
            assert not nans[0][CENTRE - 2 : CENTRE + 3, CENTRE - 2 : CENTRE + 3].any()
        masked += nans[0].any()
    assert 0.02 < masked / len(packets) < 0.12


def test_the_difference_shows_the_flux_of_the_packet(packets):
    """An aperture finds what magpsf says, positive for both signs of isdiffpos."""
    y, x = np.mgrid[:63, :63]
    ratios = []
    for packet in packets:
        c = packet.record["candidate"]
        true = packet.alert.sky_object
        difference = images(packet.record)[2]
        alone = true.sources.distance_arcsec()
        if true.object_class == "bogus" or difference.shape != (63, 63) or c["sigmapsf"] > 0.06:
            continue
        if (alone[alone > 0] < 10).any():
            continue
        aperture = np.hypot(x - CENTRE, y - CENTRE) < 6
        flux = 10 ** (0.4 * (c["magzpsci"] - c["magpsf"]))
        ratios.append(np.nansum(difference[aperture]) / flux)
    assert len(ratios) > 15
    assert np.median(ratios) == pytest.approx(1, abs=0.04)
    assert np.min(ratios) > 0.5


def test_noise_is_that_of_the_image(packets):
    for packet in packets[:40]:
        stamps = [image[np.isfinite(image)] for image in images(packet.record)]
        spread = [np.median(np.abs(s - np.median(s))) * 1.4826 for s in stamps]
        assert spread[1] < 0.9 * spread[0]  # the reference is deeper
        assert 3 < spread[2] < 12
        assert abs(np.median(stamps[0]) - np.median(stamps[1])) < 0.2 * np.median(stamps[0])


def test_every_kind_of_artefact_occurs_and_looks_unlike_a_star(packets):
    kinds = {}
    for packet in packets:
        if packet.alert.sky_object.object_class == "bogus":
            difference = images(packet.record)[2]
            if difference.shape == (63, 63):
                kinds.setdefault(packet.alert.sky_object.kind, []).append(difference)
    assert set(kinds) == set(BOGUS)
    centre = slice(CENTRE - 3, CENTRE + 4)
    dipoles = [d[centre, centre] for d in kinds["dipole"]]
    assert np.median([d.min() / d.max() for d in dipoles]) < -0.3
    cosmic = [np.sort(d[centre, centre].ravel())[::-1] for d in kinds["cosmic_ray"]]
    assert np.median([c[0] / c[5] for c in cosmic]) > 2


def test_the_fits_file_holds_the_image():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    data = gzip.decompress(gzipped_fits(image))
    assert len(data) % 2880 == 0
    with fits.open(io.BytesIO(data)) as hdus:
        hdus.verify("exception")
        assert (hdus[0].data == image).all()
        assert hdus[0].header["BUNIT"] == "DN"


def test_training_stamps_are_those_of_the_stream():
    *stamps, labels = training_stamps(12, 11, "20240601")
    expected = list(islice(packet_stream(11, "20240601"), 12))
    assert [len(s) for s in stamps] == [12, 12, 12]
    assert stamps[2][3] == expected[3].record["cutoutDifference"]["stampData"]
    classes = [p.alert.sky_object.object_class for p in expected]
    assert list(labels) == [float(c != "bogus") for c in classes]
