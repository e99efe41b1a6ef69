"""The one door to maps in files: FITS (packed or not) and GCN notices, told by their content."""

import os
import stat
from pathlib import Path
from typing import IO

from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.notices import read_notice
from pipeline.sky.maps.read_fits import read_fits
from pipeline.sky.maps.skymap import SkyMap
from pipeline.sky.maps.unpack import GZIP_MAGIC, unpacked

MOST_NOTICE_BYTES = 256 << 20
"""A larger notice is refused; those of LVK, whose maps are in them, have up to some megabytes."""
_EXPECTED = "expected a FITS file (gzip or not) or a GCN notice in JSON"


def read_map(path: str | Path) -> SkyMap:
    """Read anybody's map.

    Parameters
    ----------
    path : str or Path
        FITS with a HEALPix table, packed with gzip or not; or a GCN notice in JSON that carries
        a map or an error circle. What it is shows from its content.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    MapError
        If it is no map, is damaged, or does not count (a mock, a retraction); the message
        names the file and says what was expected.

    Examples
    --------
    >>> read_map("skymap.multiorder.fits").at(12.7, -24.7).level  # doctest: +SKIP
    array(0.0123)
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise MapError(f"no regular file: {_EXPECTED}")
        with path.open("rb") as stream:
            return _read(stream, str(path))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such map") from None
    except MemoryError:
        raise MapError(f"{path}: it needs more memory than there is") from None
    except (ValueError, OverflowError) as error:
        words = " ".join(str(error).split())[:1000]
        raise MapError(f"{path}: {words}") from error


def _read(stream: IO[bytes], source: str) -> SkyMap:
    head = stream.read(64)
    stream.seek(0)
    if head.startswith((b"SIMPLE", GZIP_MAGIC)):
        with unpacked(stream) as plain:
            return read_fits(plain, source)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        text = stream.read(MOST_NOTICE_BYTES + 1)
        if len(text) > MOST_NOTICE_BYTES:
            raise MapError(f"more than {MOST_NOTICE_BYTES} bytes: no notice has as many")
        return read_notice(text.removeprefix(b"\xef\xbb\xbf"), source)
    if head.startswith(b"PK"):
        raise MapError(
            "a scan's npz holds likelihoods, no probabilities: read the skymap.multiorder.fits "
            "beside it"
        )
    if head.lstrip().startswith(b"<"):
        raise MapError(
            "XML, such as a VOEvent: write its position and error into maps.tsv (ra, dec, radius)"
        )
    raise MapError(_EXPECTED)
