"""Image stamps of alert packets: gunzip and read their FITS, quickly and within bounds.

Source of the format: FITS Standard 4.0, sections 3 and 4. A plain image (two axes, no
scaling) is read here, 80 times faster than by astropy; everything else goes to astropy.
"""

import io
import re
import warnings
from functools import lru_cache

import numpy as np
from isal import isal_zlib

BLOCK = 2880
"""Bytes of a FITS block."""
MAX_STAMP_BYTES = 4 << 20
"""A stamp that unpacks to more is refused; Rubin's largest have some 60 kB."""

_MOST_AXES = 999  # FITS Standard 4.0, section 4.4.1.1
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 31
_CARD = re.compile(rb"([A-Z0-9_-]+) *= *([^ /']+)")
# What may stand in the header of a plain image without a meaning for its pixels' values.
_SCALING = {b"BSCALE", b"BZERO", b"BLANK", b"GROUPS"}
_JPEG_MAGIC = b"\xff\xd8\xff"
_DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


class StampError(ValueError):
    """A stamp that cannot be used; the message completes "the stamp …"."""


def read_stamp(data: bytes) -> np.ndarray:
    """Read the image of a stamp's first HDU.

    Parameters
    ----------
    data : bytes
        A FITS file, gzipped or not, as it lies in an alert packet.

    Returns
    -------
    numpy.ndarray, shape (NAXIS2, NAXIS1)
        Physical values (BSCALE, BZERO and BLANK applied): float32 from 8- and 16-bit
        integers and 32-bit floats, float64 from the rest. Native byte order, writeable.

    Raises
    ------
    StampError
        If it is no such file, truncated, too large, or its first HDU holds no image.
    """
    if data[:2] == _GZIP_MAGIC:
        data = _gunzip(data)
    elif len(data) > MAX_STAMP_BYTES:
        raise StampError(f"is larger than {MAX_STAMP_BYTES} bytes")
    if data[:3] == _JPEG_MAGIC:  # as ZTF's public archive had them in its first months
        raise StampError("is JPEG, not FITS")
    layout = _plain_layout(data[:BLOCK])
    if layout is None:
        return _read_unusual(data)
    dtype, native, shape = layout
    size = shape[0] * shape[1]
    if len(data) < BLOCK + size * dtype.itemsize:
        raise StampError("is truncated")
    return np.frombuffer(data, dtype, size, BLOCK).reshape(shape).astype(native)


def _gunzip(data: bytes) -> bytes:
    stream = isal_zlib.decompressobj(wbits=_GZIP_WBITS)
    try:
        content = stream.decompress(data, MAX_STAMP_BYTES + 1)
    # isal's stub takes it for an exception, where it is a class of them.
    except isal_zlib.error as error:  # type: ignore[misc]
        raise StampError("is damaged gzip data") from error
    if len(content) > MAX_STAMP_BYTES:
        raise StampError(f"is larger than {MAX_STAMP_BYTES} bytes")
    if not stream.eof:
        raise StampError("is truncated gzip data")
    return content


@lru_cache(maxsize=64)
def _plain_layout(header: bytes) -> tuple[np.dtype, np.dtype, tuple[int, int]] | None:
    """Return stored dtype, native dtype and shape of a plain image; None if it is not one.

    A survey writes the same header on all its stamps, hence the cache.
    """
    cards = {}
    for start in range(0, len(header), 80):
        card = header[start : start + 80]
        if card == b"END".ljust(80):
            break
        if match := _CARD.match(card):
            if match[1] in cards or match[1] in _SCALING:
                return None
            cards[match[1]] = match[2]
    else:
        return None
    try:
        dtype = np.dtype(_DTYPES[int(cards[b"BITPIX"])])
        naxis, nx, ny = (int(cards[key]) for key in (b"NAXIS", b"NAXIS1", b"NAXIS2"))
    except (KeyError, ValueError):
        return None
    if cards.get(b"SIMPLE") != b"T" or naxis != 2 or min(nx, ny) < 1:
        return None
    return dtype, _float_of(dtype), (ny, nx)


def _float_of(dtype: np.dtype) -> np.dtype:
    """Return the smallest native float (of 4 bytes at least) for a dtype's values."""
    exact_in_float32 = dtype.itemsize <= 2 or (dtype.kind == "f" and dtype.itemsize == 4)
    return np.dtype(np.float32 if exact_in_float32 else np.float64)


def _check_axes(data: bytes) -> None:
    """Refuse a header of more axes than FITS has: astropy would look for each by its name."""
    from astropy.io import fits  # noqa: PLC0415

    axes = fits.Header.fromfile(io.BytesIO(data), endcard=False).get("NAXIS", 0)
    if not isinstance(axes, int) or axes > _MOST_AXES:
        raise StampError(f"has {axes} dimensions, not 2")


def _read_unusual(data: bytes) -> np.ndarray:
    """Read by astropy what is not a plain image."""
    from astropy.io import fits  # noqa: PLC0415 (0.3 s that most runs need not pay)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_axes(data)
            # Packets without SIMPLE occur: the broker whose scores we match takes them.
            with fits.open(io.BytesIO(data), ignore_missing_simple=True) as hdus:
                image = hdus[0].data
    except StampError:
        raise
    except Exception as error:  # astropy raises what its parsers met
        raise StampError("is not FITS, or truncated") from error
    if not isinstance(image, np.ndarray) or image.dtype.names:
        raise StampError("has no image in its first HDU")
    if image.ndim != 2:
        raise StampError(f"has {image.ndim} dimensions, not 2")
    if not image.size:
        raise StampError("has no pixels")
    return image.astype(_float_of(image.dtype))
