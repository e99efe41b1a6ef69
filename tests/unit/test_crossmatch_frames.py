"""Positions that a file says are not ICRS in degrees are not taken for that."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.entry import Source

VOTABLE = """<VOTABLE version="1.3"><RESOURCE>{systems}<TABLE>
<FIELD name="ra" {ref} {ra}/><FIELD name="dec" {ref} datatype="double"/>
<DATA><TABLEDATA><TR><TD>01:00:00</TD><TD>1</TD></TR></TABLEDATA></DATA>
</TABLE></RESOURCE></VOTABLE>"""
TEXT = 'datatype="char" arraysize="*"'


def _fits(folder: Path, unit: str | None = None, **cards: object) -> Path:
    columns = [fits.Column(name, "D", array=np.ones(1), unit=unit) for name in ("ra", "dec")]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(cards)
    table.writeto(folder / "c.fits")
    return folder / "c.fits"


def _votable(folder: Path, systems: str = "", ref: str = "", ra: str = TEXT) -> Path:
    (folder / "c.vot").write_text(VOTABLE.format(systems=systems, ref=ref, ra=ra))
    return folder / "c.vot"


def _is_built(path: Path) -> None:
    assert build_store(path, path.parent / "store", Source())["rows"] == 1


def _is_refused(path: Path, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*{path.name}: column 'ra' is in {reason}[^\n]*$"):
        build_store(path, path.parent / "store", Source())


@pytest.mark.parametrize("unit", ["rad", "hourangle", "h", "arcsec", "mas", "h:m:s"])
def test_other_units(tmp_path, unit):
    _is_refused(_fits(tmp_path, unit), f"'{unit}': positions are in deg")
    field = pa.field("ra", pa.float64(), metadata={"unit": unit})
    schema = pa.schema([field, pa.field("dec", pa.float64())])
    pq.write_table(pa.table({"ra": [1.0], "dec": [1.0]}, schema), tmp_path / "c.parquet")
    _is_refused(tmp_path / "c.parquet", f"'{unit}'")
    if unit != "h:m:s":
        _is_refused(_votable(tmp_path, ra=f'datatype="char" arraysize="*" unit="{unit}"'), "'")


@pytest.mark.parametrize("unit", [None, "deg", "degree", "Degrees", "degree(s)", "---"])
def test_degrees(tmp_path, unit):
    _is_built(_fits(tmp_path, unit))


@pytest.mark.parametrize("unit", ["&quot;h:m:s&quot;", "h:m:s", "hh:mm:ss.ss", "deg", ""])
def test_units_of_sexagesimal_text(tmp_path, unit):
    _is_built(_votable(tmp_path, ra=f'{TEXT} unit="{unit}"'))


@pytest.mark.parametrize(
    "cards",
    [
        {"RADESYS": "FK4"}, {"RADECSYS": "FK4", "EQUINOX": 1950.0}, {"EQUINOX": 1950.0},
        {"RADESYS": "FK5", "EQUINOX": 2015.5}, {"RADESYS": "GAPPT"},
    ],
)  # fmt: skip
def test_other_frames_in_fits(tmp_path, cards):
    _is_refused(_fits(tmp_path, **cards), "(FK|equinox|GAPPT)")


@pytest.mark.parametrize(
    "cards",
    [
        {"RADESYS": "ICRS", "EQUINOX": 2015.5}, {"RADESYS": "FK5", "EQUINOX": 2000.0},
        {"RADESYS": "FK5"}, {"EQUINOX": 2000}, {"EQUINOX": "J2000"},
    ],
)  # fmt: skip
def test_frames_as_good_as_icrs_in_fits(tmp_path, cards):
    _is_built(_fits(tmp_path, **cards))


@pytest.mark.parametrize(
    "system", ["galactic", "supergalactic", "eq_FK4", "ecl_FK5", "ecl_FK4", "barycentric"]
)
def test_other_frames_in_votables(tmp_path, system):
    systems = f'<COOSYS ID="a" system="ICRS"/><COOSYS ID="b" system="{system}"/>'
    _is_refused(_votable(tmp_path, systems, 'ref="b"'), system)
    _is_refused(_votable(tmp_path, f'<COOSYS ID="b" system="{system}"/>'), system)


def test_frames_of_other_columns_in_votables(tmp_path):
    systems = '<COOSYS ID="a" system="eq_FK5" equinox="J2000"/><COOSYS ID="b" system="galactic"/>'
    _is_built(_votable(tmp_path, systems, 'ref="a"'))
