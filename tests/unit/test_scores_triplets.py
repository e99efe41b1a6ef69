"""Triplets: Kowalski's recipe where stamps can be used, a reason where they cannot."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits

from pipeline.scores.triplets import make_triplets

STAR = np.random.default_rng(3).normal(100, 5, (63, 63)).astype(np.float32)


def stamp(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    fits.PrimaryHDU(image).writeto(stream)
    return gzip.compress(stream.getvalue(), mtime=0)


def with_pixel(value: float) -> np.ndarray:
    image = STAR.copy()
    image[5, 7] = value
    return image


GOOD = stamp(STAR)


def one(image: np.ndarray) -> np.ndarray:
    """Return the channel that an image becomes."""
    triplets, reasons, _ = make_triplets([GOOD], [stamp(image)], [GOOD])
    assert reasons == [None]
    return triplets[0, :, :, 1]


def test_divided_by_the_norm():
    np.testing.assert_array_equal(one(STAR), STAR / np.linalg.norm(STAR))


def test_nan_counts_as_zero():
    found = one(with_pixel(np.nan))
    np.testing.assert_array_equal(found, with_pixel(0) / np.linalg.norm(with_pixel(0)))


FILLS = [np.finfo("f4").min, np.finfo("f4").max, -1e30, 1e30, np.nan]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("fill", FILLS)
def test_fill_counts_as_no_data_and_its_share_is_told(fill, dtype):
    image = STAR.astype(dtype)
    image[:, 58:] = fill
    triplets, reasons, nodata = make_triplets([GOOD, GOOD], [stamp(image), GOOD], [GOOD, None])
    assert reasons == [None, "difference stamp is missing"]
    expected = image.copy()
    expected[:, 58:] = 0
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(triplets[0, :, :, 1], expected, rtol=3e-7)
    np.testing.assert_array_equal(nodata, np.float32([[0, 5 / 63, 0], [0, 0, np.nan]]))


def test_what_is_just_below_the_fill_is_data():
    image = with_pixel(9.9e29)
    triplets, reasons, nodata = make_triplets([GOOD], [stamp(image)], [GOOD])
    assert (reasons, nodata.tolist()) == ([None], [[0, 0, 0]])
    assert triplets[0, 5, 7, 1] == 1


def test_the_share_is_told_where_the_stamp_cannot_be_used():
    half = np.where(np.arange(4096).reshape(64, 64) < 2048, np.nan, 1.0)
    stamps = [stamp(half), stamp(STAR * np.float32(np.inf)), b"text"]
    nodata = make_triplets(*[[data] for data in stamps]).nodata
    np.testing.assert_array_equal(nodata, np.float32([[0.5, 1, np.nan]]))


def test_smaller_stamps_are_padded_after_normalisation():
    found = one(STAR[:50, :61])
    np.testing.assert_array_equal(found[:50, :61], STAR[:50, :61] / np.linalg.norm(STAR[:50, :61]))
    assert set(found[50:].ravel()) == set(found[:, 61:].ravel()) == {np.float32(1e-9)}


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "i8", "u2", "f8"])
def test_other_pixel_types(dtype):
    image = STAR.astype(dtype)
    expected = image / np.linalg.norm(image.astype(float))
    np.testing.assert_allclose(one(image), expected, rtol=3e-7)


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e20, 1e27])
def test_the_norm_neither_over_nor_underflows(scale):
    np.testing.assert_allclose(one(STAR * np.float32(scale)), one(STAR), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-200, 1e27])
def test_the_norm_of_doubles_neither_over_nor_underflows(scale):
    np.testing.assert_allclose(one(STAR.astype(float) * scale), one(STAR), rtol=1e-5)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "template stamp is missing"),
        (b"", "template stamp is missing"),
        (b"text", "template stamp is not FITS, or truncated"),
        (GOOD[:-20], "template stamp is truncated gzip data"),
        (gzip.compress(gzip.decompress(GOOD)[:9000], mtime=0), "template stamp is truncated"),
        (stamp(STAR * np.float32(np.nan)), "template stamp is all NaN"),
        (stamp(np.full_like(STAR, np.finfo("f4").min)), "template stamp has no data"),
        (stamp(STAR.astype(float) * 1e200), "template stamp has no data"),
        (stamp(STAR * 0), "template stamp is all zero"),
        (stamp(np.where(STAR > 100, 0, np.float32(np.nan))), "template stamp is all zero"),
        (stamp(with_pixel(np.inf)), "template stamp has infinite pixels"),
        (stamp(with_pixel(-np.inf)), "template stamp has infinite pixels"),
        (stamp(np.ones((64, 63))), "template stamp has 64x63 pixels, more than 63x63"),
        (stamp(np.ones((3, 63, 63))), "template stamp has 3 dimensions, not 2"),
    ],
)
def test_an_unusable_stamp_gives_its_reason_and_leaves_the_others_alone(data, reason):
    triplets, reasons, nodata = make_triplets([GOOD] * 3, [GOOD, data, GOOD], [GOOD] * 3)
    assert reasons == [None, reason, None]
    assert np.isnan(triplets[1]).all()
    assert np.isfinite(triplets[[0, 2]]).all()
    assert (nodata[[0, 2]] == 0).all()


def test_no_stamps_at_all():
    triplets, reasons, nodata = make_triplets([None], [None], [None])
    assert reasons == ["no stamps"]
    assert triplets.shape == (1, 63, 63, 3)
    assert np.isnan(nodata).all()
    assert make_triplets([], [], [])[0].shape == (0, 63, 63, 3)
