"""A catalogue as jobs know it: how its file is read, and how alerts are matched with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """What is read of a catalogue, and from where.

    Attributes
    ----------
    path : str or None
        Its file; None where alerts stand for one.
    alerts : str or None
        The survey whose alerts stand for one.
    id : str or None
        Column that names a row; None: the row's number, or the candid of alerts.
    ra, dec : str
        Columns of the position, ICRS: degrees, or sexagesimal text.
    columns : tuple of str
        Columns copied into the matches.
    distance : str or None
        Column of the redshift or distance, where galaxies are matched by it.
    """

    path: str | None = None
    alerts: str | None = None
    id: str | None = None
    ra: str = "ra"
    dec: str = "dec"
    columns: tuple[str, ...] = ()
    distance: str | None = None


def columns_read(catalog: Source, id_column: str | None) -> list[str]:
    """Return the columns that are read of a catalogue, each once, with the identifier's."""
    names = [catalog.ra, catalog.dec, *catalog.columns, id_column, catalog.distance]
    return list(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Projected:
    """Galaxies are matched within a projected distance.

    Attributes
    ----------
    unit : str
        ``redshift`` or ``Mpc``: what the catalogue's distances are.
    kpc : float
        The projected distance [kpc].
    low_arcsec : float
        Radius for galaxies too near for that [arcsec].
    """

    unit: str
    kpc: float
    low_arcsec: float


@dataclass(frozen=True)
class Cone:
    """How one survey's alerts are matched with a catalogue.

    Attributes
    ----------
    radius_arcsec : float
        Rows farther away are not looked at [arcsec].
    distance : Projected or None
        How galaxies are matched; None for what is no galaxy.
    """

    radius_arcsec: float
    distance: Projected | None = None
