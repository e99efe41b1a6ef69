"""What a catalogue file says of its positions: nothing but ICRS in degrees is matched.

FK5 of equinox 2000 is taken for ICRS: they differ by some 0.02 arcsec.

Sources: FITS Standard 4.0, section 8.3 (RADESYS, EQUINOX); VOTable 1.4 (IVOA
Recommendation), section 3.1 (COOSYS); VOUnits and the Standards for Astronomical Catalogues
of CDS, section 3.2 (units as h:m:s).
"""

import re

import pyarrow as pa

from pipeline.crossmatch.rows import Rows
from pipeline.io.text import is_text

_DEGREES = re.compile(r"(none|-+|°|(angle\[|decimal )?deg(s|rees?|ree\(s\))?\]?)?")
_SEXAGESIMAL = re.compile(r"[hd]+[: ]?m+[: ]?s+(\.s+)?")


def frame_of(system: object, equinox: object) -> str:
    """Return a frame as the file tells it, empty where that is ICRS or as good or unknown.

    Parameters
    ----------
    system : str or None
        RADESYS of FITS, or the system of a COOSYS.
    equinox : float, str or None
        As 2000.0 or ``J2000``.

    Examples
    --------
    >>> frame_of("ICRS", None), frame_of("eq_FK5", "J2000"), frame_of(None, None)
    ('', '', '')
    >>> frame_of("FK4", 1950.0), frame_of(None, "B1950"), frame_of("galactic", None)
    ('FK4, equinox 1950.0', 'equinox B1950', 'galactic')
    """
    name = str(system or "").strip()
    year = str(equinox or "").strip()
    frame = ", ".join([name] * bool(name) + [f"equinox {year}"] * bool(year))
    kind = name.upper().removeprefix("EQ_")
    if kind == "ICRS":
        return ""
    return "" if kind in ("", "FK5", "J2000") and _is_2000(year) else frame


def _is_2000(year: str) -> bool:
    return not year or re.fullmatch(r"J?2000(\.0*)?", year) is not None


def check_position(rows: Rows, name: str, type_: pa.DataType, source: str) -> None:
    """Raise unless a column of positions is in degrees, or sexagesimal text, and in ICRS.

    What the file does not tell is taken for that.

    Parameters
    ----------
    rows : Rows
        Has the units and frames that the file tells.
    name, source : str
        Column and file.
    type_ : pyarrow.DataType
        Of the column.

    Raises
    ------
    ValueError
    """
    told = rows.units.get(name, "")
    unit = told.strip().strip('"').lower()
    sexagesimal = is_text(type_) and _SEXAGESIMAL.fullmatch(unit)
    if not sexagesimal and not _DEGREES.fullmatch(unit):
        raise ValueError(
            f"{source}: column {name!r} is in {told!r}: positions are in deg, or text as 12:34:56.7"
        )
    if frame := rows.frames.get(name):
        raise ValueError(f"{source}: column {name!r} is in {frame}: positions are in ICRS")
