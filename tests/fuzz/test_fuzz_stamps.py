"""Stamps: an image or a reason, in bounded time; the values are astropy's."""

import gzip
import io
import warnings
import zlib

import numpy as np
from astropy.io import fits
from limits import bounded

from pipeline.io.stamps import MAX_STAMP_BYTES, StampError, read_stamp
from pipeline.scores.triplets import make_triplets

DTYPES = ("f4", "f8", "u1", "i2", "i4", "i8", "u2")
# Cards that change what the bytes mean, or how many there should be.
CARDS = {
    "NAXIS": (-1, 0, 1, 3, 999, 1000, 999_999, 10**9, 10**18, "'2'", "2.0", "T"),
    "NAXIS1": (-1, 0, 2**31, 10**12, 2**63, "1E9", "NaN"),
    "NAXIS2": (-1, 0, 3, 64, 10**6, "'63'"),
    "BITPIX": (0, 7, 8, 16, 32, 64, -32, -64, -128, "1.0"),
    "BSCALE": (0, 2.5, "1E400", "NaN", "'x'"),
    "BZERO": (0, 32768, "-1E308", "2147483648"),
    "BLANK": (0, -1, "'x'"),
    "PCOUNT": (0, 10**12, -1),
    "GCOUNT": (0, 2, 10**12),
    "GROUPS": ("T", "F"),
    "SIMPLE": ("F", "'T'"),
    "TFIELDS": (10**9,),
    "EXTEND": ("T",),
    "END": (1,),
}


def stamp(dtype: str, side: int = 21) -> bytes:
    stream = io.BytesIO()
    image = np.random.default_rng(1).normal(100, 20, (side, side)).astype(dtype)
    if dtype[0] == "f":
        image[:2] = np.nan
        image[2:4] = np.finfo("f4").min
    fits.PrimaryHDU(image).writeto(stream)
    return stream.getvalue()


def with_card(content: bytes, name: str, value: object) -> bytes:
    """Return a stamp in which a card has another value; it comes last if it was not there."""
    card = f"{name:8}= {value!s:>20}".encode().ljust(80)
    at = content.find(f"{name:8}=".encode())
    if at >= 0:
        return content[:at] + card + content[at + 80 :]
    end = content.index(b"END".ljust(80))
    return content[:end] + card + content[end : end + 80] + content[end + 160 :]


def seeds() -> list[bytes]:
    plain = [stamp(dtype) for dtype in DTYPES]
    changed = [
        with_card(plain[k % len(plain)], name, value)
        for name, values in CARDS.items()
        for k, value in enumerate(values)
    ]
    return plain + changed


def astropys(content: bytes) -> np.ndarray | None:
    """Return astropy's image; None where it, stricter with the header, gives none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fits.open(io.BytesIO(content), ignore_missing_simple=True)[0].data
    except Exception:
        return None


def attempt(name: str, data: bytes) -> bool:
    """Read a stamp; return whether it could be, having compared its values."""
    with bounded(name):
        triplets, reasons, nodata = make_triplets([data], [data], [data])
    try:
        with bounded(name):
            found = read_stamp(data)
    except StampError as error:
        assert str(error) and "\n" not in str(error)
        assert reasons[0].startswith("science stamp ") or not data
        assert np.isnan(nodata).all()
        return False
    # the first member; what follows it is not of the stamp
    content = zlib.decompressobj(31).decompress(data) if data[:2] == b"\x1f\x8b" else data
    assert found.ndim == 2 and found.dtype in (np.float32, np.float64)
    expected = astropys(content)
    if expected is not None:
        np.testing.assert_array_equal(found, expected.astype(found.dtype), err_msg=name)
    assert reasons[0] or np.isfinite(triplets).all()
    with np.errstate(invalid="ignore"):
        assert nodata[0, 0] == np.float32(np.mean(~(np.abs(found) < 1e30)))
    return True


def test_fuzz_stamps(mutants):
    read = 0
    for mutant in mutants("stamps", seeds(), 0.5):
        read += attempt(mutant.name, mutant.data)
        read += attempt(f"{mutant.name}, gzipped", gzip.compress(mutant.data, 1, mtime=0))
    zipped = [gzip.compress(stamp(dtype), mtime=0) for dtype in DTYPES]
    for mutant in mutants("stamps.gz", zipped, 0.5):
        read += attempt(mutant.name, mutant.data)
    assert read  # some mutants leave the image as it is, or change but its values


def test_stamps_that_unpack_to_too_much():
    for data in (gzip.compress(bytes(1 << 30), 1, mtime=0), bytes(MAX_STAMP_BYTES + 1)):
        assert not attempt("bomb", data)
