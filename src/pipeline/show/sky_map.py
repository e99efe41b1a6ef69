"""What a map of ``maps.tsv`` says: where, when, how large its regions are."""

from pathlib import Path

from astropy.time import Time

from pipeline.contract.blocks import Block, Cell, Column, Lines, Table
from pipeline.maps.source import MapSource, open_map
from pipeline.sky.coordinates import sexagesimal
from pipeline.sky.maps.skymap import SkyMap, to_icrs

_LEVELS = (0.5, 0.9)


def blocks(source: MapSource, directory: Path) -> list[Block]:
    """Return what a map says of its event.

    Parameters
    ----------
    source : MapSource
        The line of ``maps.tsv``.
    directory : Path
        The workflow's working directory.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    MapError
        If it cannot be used.
    """
    skymap = open_map(source, directory)
    levels = sorted({*_LEVELS, source.level})
    areas: list[list[Cell]] = [[f"{100 * one:g} %", skymap.area_of(one)] for one in levels]
    return [
        Table("Skymap", [Column("what"), Column("value")], _rows(source, skymap)),
        Table("Regions", [Column("region"), Column("area [deg²]", 2)], areas),
        Lines([*skymap.account.notes, f"alerts in it: nightmill query skymap {source.event}"]),
    ]


def _rows(source: MapSource, skymap: SkyMap) -> list[list[Cell]]:
    ra, dec = to_icrs(*skymap.peak, skymap.frame)
    position = sexagesimal(float(ra), float(dec))
    start, end = source.window
    return [
        ["stream", source.stream],
        ["made of", source.path or "an error circle"],
        ["pixels", skymap.account.pixels],
        ["time", _time(skymap.mjd)],
        ["RA, most probable", f"{ra:.3f}° ({position[0][:-3]})"],
        ["Dec", f"{dec:+.3f}° ({position[1][:-2]})"],
        ["counts", f"in {100 * source.level:g} %, new {start:g} to {end:g} d after the event"],
    ]


def _time(mjd: float | None) -> str:
    if mjd is None:
        return "not known"
    utc = Time(mjd, format="mjd", scale="utc").iso
    return f"{utc} UTC (MJD {mjd:.6f})"
