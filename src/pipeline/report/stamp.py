"""Stamps as small pictures: arcsinh stretch, north up, pixels without data in their own colour."""

import io

import numpy as np
from PIL import Image

LOW, HIGH = 1.0, 99.5
"""Percentiles of the pixels that become black and white."""
SOFTENING = 0.1
"""Of the arcsinh, in units of that range: below it is linear (Lupton et al. 2004)."""
NO_DATA = (86, 58, 92)
"""Purple: neither black nor white."""
LARGEST = 128
"""Pixels of a side; larger stamps are cut about their middle."""


def stamp_png(image: np.ndarray) -> bytes:
    """Return an image as PNG of 256 colours, north up as the array's last row.

    Parameters
    ----------
    image : (n, m) float
        Pixels that are no number get the colour `NO_DATA`.

    Returns
    -------
    bytes
    """
    image = _middle(image)
    good = np.isfinite(image)
    low, high = np.percentile(image[good], [LOW, HIGH]) if good.any() else (0.0, 1.0)
    width = max(float(high) - float(low), float(np.finfo(np.float32).tiny))
    scaled = np.clip((np.where(good, image, low) - low) / width, 0.0, 1.0)
    bright = np.arcsinh(scaled / SOFTENING) / np.arcsinh(1.0 / SOFTENING)
    # 0 is the colour of no data, greys are the others
    number = np.where(good, 1 + np.rint(bright * 254), 0).astype(np.uint8)[::-1]
    picture = Image.fromarray(np.ascontiguousarray(number)).convert("L")
    picture.putpalette([*NO_DATA, *(v for grey in range(255) for v in (grey, grey, grey))])
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _middle(image: np.ndarray) -> np.ndarray:
    cut = [slice(max(0, (n - LARGEST) // 2), max(0, (n - LARGEST) // 2) + LARGEST)
           for n in image.shape]  # fmt: skip
    return image[tuple(cut)]
