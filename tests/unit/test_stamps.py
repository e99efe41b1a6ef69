"""Stamps: what is read equals what astropy reads; what is not a stamp is refused."""

import contextlib
import gzip
import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.io.stamps import BLOCK, MAX_STAMP_BYTES, StampError, read_stamp

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)


def as_fits(data: np.ndarray | None, **cards) -> bytes:
    stream = io.BytesIO()
    fits.PrimaryHDU(data, fits.Header(cards)).writeto(stream)
    return stream.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    image=st.sampled_from(["u1", "i2", "i4", "i8", "f4", "f8"]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
    ),
    zipped=st.booleans(),
)
def test_any_image_equals_astropys(image, zipped):
    content = as_fits(image)
    found = read_stamp(gzip.compress(content, mtime=0) if zipped else content)
    assert found.dtype in (np.float32, np.float64)
    assert found.flags.writeable
    np.testing.assert_array_equal(found, image.astype(found.dtype))


@pytest.mark.parametrize("dtype", ["u2", "i1", "u4"])
def test_scaled_integers(dtype):
    image = np.array([[0, 1], [100, 127]], dtype)
    assert b"BZERO" in as_fits(image)
    np.testing.assert_array_equal(read_stamp(as_fits(image)), image)


def test_scale_and_blank():
    content = as_fits(np.array([[1, 2, -5]], "i2"))
    cards = [b"BSCALE  = 0.5", b"BZERO   = 10.0", b"BLANK   = -5", b"END"]
    scaled = b"".join(card.ljust(80) for card in cards)
    content = content.replace(b"END".ljust(len(scaled)), scaled)
    np.testing.assert_array_equal(read_stamp(content), [[10.5, 11.0, np.nan]])


def test_header_of_two_blocks_and_further_hdus():
    comments = {f"KEY{i}": i for i in range(50)}
    content = as_fits(IMAGE, **comments)
    assert content[:BLOCK].find(b"END     ") < 0
    np.testing.assert_array_equal(read_stamp(content), IMAGE)
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(IMAGE), fits.ImageHDU(IMAGE + 1)]).writeto(stream)
    np.testing.assert_array_equal(read_stamp(stream.getvalue()), IMAGE)


def test_no_padding_and_loose_header_as_in_ztf():
    content = as_fits(IMAGE).replace(b"SIMPLE  =                    T", b"SIMPLE  =  T".ljust(30))
    np.testing.assert_array_equal(read_stamp(content[: BLOCK + IMAGE.nbytes]), IMAGE)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not FITS, or truncated"),
        (b"\x00\xff" * 2000, "is not FITS, or truncated"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is JPEG, not FITS"),
        (b"no FITS at all", "is not FITS, or truncated"),
        (as_fits(IMAGE)[: BLOCK + 47], "is truncated"),
        (as_fits(IMAGE)[:200], "is not FITS, or truncated"),
        (gzip.compress(as_fits(IMAGE), mtime=0)[:-9], "is truncated gzip data"),
        (b"\x1f\x8b" + b"x" * 100, "is damaged gzip data"),
        (gzip.compress(b"text", mtime=0), "is not FITS, or truncated"),
        (gzip.compress(bytes(MAX_STAMP_BYTES + 1), mtime=0), "is larger than 4194304 bytes"),
        (bytes(MAX_STAMP_BYTES + 1), "is larger than 4194304 bytes"),
        (as_fits(None), "has no image in its first HDU"),
        (as_fits(np.zeros((2, 3, 4))), "has 3 dimensions, not 2"),
        (as_fits(np.zeros(7)), "has 1 dimensions, not 2"),
    ],
)
def test_what_is_no_stamp_is_refused(data, reason):
    with pytest.raises(StampError) as caught:
        read_stamp(data)
    assert str(caught.value) == reason


def test_a_flipped_bit_is_found_by_the_checksum():
    noise = np.random.default_rng(1).normal(size=(63, 63)).astype(np.float32)
    data = bytearray(gzip.compress(as_fits(noise), mtime=0))
    data[len(data) // 2] ^= 1
    with pytest.raises(StampError, match=r"(damaged|truncated) gzip data"):
        read_stamp(bytes(data))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_damage_never_gives_anything_but_an_image_or_a_reason(data):
    content = bytearray(as_fits(IMAGE))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 1] = data.draw(st.binary(min_size=0, max_size=3))
    with contextlib.suppress(StampError):
        assert read_stamp(bytes(content)).ndim == 2


@pytest.mark.parametrize("card", [("NAXIS1", 10**12), ("NAXIS", 999), ("BITPIX", 7)])
def test_absurd_headers_are_refused(card):
    name, value = card
    content = as_fits(IMAGE)
    at = content.index(f"{name:8}=".encode())
    content = content[:at] + f"{name:8}= {value:20}".encode() + content[at + 30 :]
    with pytest.raises(StampError):
        read_stamp(content)


def test_more_axes_than_fits_has_are_refused_before_astropy_looks_for_each():
    content = as_fits(IMAGE).replace(
        b"NAXIS   =                    2", b"NAXIS   =           1000000000"
    )
    with pytest.raises(StampError, match="has 1000000000 dimensions, not 2"):
        read_stamp(content)


def test_an_image_without_pixels():
    content = as_fits(np.ones((5, 5), np.float32))
    card, empty = (f"NAXIS1  = {n:20}".encode() for n in (5, 0))
    with pytest.raises(StampError, match="has no pixels"):
        read_stamp(content[:BLOCK].replace(card, empty))
