"""Catalogue files that are not quite as they should be."""

import numpy as np
import pytest
from astropy.io import fits

from pipeline.crossmatch.readers import read_catalog


def test_other_columns_of_a_csv_may_share_a_name(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("ra,dec,,\n1,2,3,4\n")
    (batch,) = read_catalog(path, ["ra", "dec"]).batches
    assert batch.to_pydict() == {"ra": [1], "dec": [2]}
    path.write_text("ra,dec,ra\n1,2,3\n")
    with pytest.raises(ValueError, match=r"c\.csv: .*its header has 'ra' more than once"):
        read_catalog(path, ["ra", "dec"])


@pytest.mark.parametrize("keyword", ["TTYPE1", "TFORM1", "NAXIS2", "TFIELDS"])
def test_a_damaged_header_of_a_fits_file(tmp_path, keyword):
    path = tmp_path / "c.fits"
    columns = [fits.Column(name, "D", array=np.ones(3)) for name in ("ra", "dec")]
    fits.BinTableHDU.from_columns(columns).writeto(path)
    content = path.read_bytes()
    at = content.index(f"{keyword:8}=".encode())
    path.write_bytes(content[: at + 10] + b"'?".ljust(70) + content[at + 80 :])
    with pytest.raises(ValueError, match=r"^[^\n]*c\.fits: cannot be read as FITS: [^\n]*$"):
        list(read_catalog(path, ["ra", "dec"]).batches)
