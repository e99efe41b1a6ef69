"""Stamps as small grey pictures.

Source of the format: Portable Network Graphics, W3C recommendation, 2nd edition.
"""

import struct
import zlib

import numpy as np

_LOW, _HIGH = 1.0, 99.5
"""Percentiles of the pixels that become black and white."""


def picture(image: np.ndarray) -> bytes:
    """Return an image as an 8-bit grey PNG, north up as the array's last row.

    Parameters
    ----------
    image : (n, m) float
        Pixels that are no number are black.

    Returns
    -------
    bytes
    """
    good = np.isfinite(image)
    low, high = np.percentile(image[good], [_LOW, _HIGH]) if good.any() else (0.0, 1.0)
    with np.errstate(invalid="ignore"):
        scaled = (image - low) / max(high - low, np.finfo(np.float32).tiny)
    grey = (np.clip(np.where(good, scaled, 0.0), 0.0, 1.0) * 255).astype(np.uint8)[::-1]
    rows = b"".join(b"\0" + row.tobytes() for row in grey)
    height, width = grey.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
