"""Where else an object can be looked up: addresses made of checked names and numbers alone.

The pages' addresses are those that their own code and each other's link to (2026).
"""

import re
from collections.abc import Iterator

_ZTF = re.compile(r"ZTF\d\d[a-z]{7}")
_NUMBER = re.compile(r"\d{1,20}")
_TNS = "https://www.wis-tns.org/search?ra={ra:.6f}&decl={dec:.6f}&radius=5&coords_unit=arcsec"
_SIMBAD = (
    "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra:.6f}+{dec:.6f}"
    "&CooFrame=ICRS&Radius=5&Radius.unit=arcsec"
)


def links(survey: str, object_id: str | None, ra: float, dec: float) -> Iterator[tuple[str, str]]:
    """Yield the names and addresses of pages about an object.

    Parameters
    ----------
    survey : str
    object_id : str or None
        What is no name of the survey's gives no link.
    ra, dec : float
        ICRS [deg].

    Examples
    --------
    >>> [name for name, _ in links("ztf", "ZTF18abcdefg", 10.0, -5.0)]
    ['Fink', 'ALeRCE', 'Lasair', 'TNS', 'SIMBAD']
    >>> [name for name, _ in links("ztf", "<script>", 10.0, -5.0)]
    ['TNS', 'SIMBAD']
    """
    name = object_id or ""
    if survey == "ztf" and _ZTF.fullmatch(name):
        yield "Fink", f"https://ztf.fink-portal.org/{name}"
        yield "ALeRCE", f"https://alerce.online/object/{name}"
        yield "Lasair", f"https://lasair-ztf.lsst.ac.uk/objects/{name}/"
    elif survey == "lsst" and _NUMBER.fullmatch(name):
        yield "Fink", f"https://lsst.fink-portal.org/{name}"
        yield "ALeRCE", f"https://lsst.alerce.online/object/{name}?survey=lsst"
        yield "Lasair", f"https://lasair.lsst.ac.uk/objects/{name}/"
    yield "TNS", _TNS.format(ra=ra, dec=dec)
    sign = "%2B" if dec >= 0 else ""
    yield "SIMBAD", _SIMBAD.format(ra=ra, dec=dec).replace(f"+{dec:.6f}", f"+{sign}{dec:.6f}")
