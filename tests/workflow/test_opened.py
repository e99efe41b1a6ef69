"""What a run has written is opened by astropy, whatever its configuration added to the tables."""

import io
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from astropy.table import Table

pytestmark = pytest.mark.workflow


def test_astropy_opens_every_table_of_a_run(finished):
    files = sorted((finished.path / "results").rglob("*.parquet"))
    assert {"alerts", "history", "matches", "rejected", "scores"} <= {p.parts[-4] for p in files}
    for file in files:
        schema, rows = pq.read_schema(file), pq.read_metadata(file).num_rows
        units = {one.name: (one.metadata or {}).get(b"unit") for one in schema}
        for form in ("parquet", "parquet.votable"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what VOUnits have no word for
                table = Table.read(file, format=form)
            assert (table.colnames, len(table)) == (schema.names, rows), file
            assert {c for c in units if units[c]} == {c for c in units if table[c].unit}, file
        told = pq.read_metadata(file).metadata[b"IVOA.VOTable-Parquet.content"]
        assert votable.parse(io.BytesIO(told), verify="exception").resources
        assert not any(map(pa.types.is_dictionary, schema.types))
