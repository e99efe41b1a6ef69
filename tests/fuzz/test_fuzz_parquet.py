"""Parquet: what is read is what pyarrow's own reading of the whole file gives."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
from beside import alerts_beside
from packets import packet

ROWS = [
    {k: p[k] for k in ("objectId", "candid", "candidate", "prv_candidates")}
    for p in (packet(1000 + i, f"ZTF18aaaaa{i:02d}", ra=float(i)) for i in range(6))
]


def written(**kwargs) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), stream, **kwargs)
    return stream.getvalue()


SEEDS = [
    written(),
    written(compression="zstd", use_dictionary=False),
    written(compression="none", use_dictionary=False, write_page_checksum=True),
    written(compression="none", store_schema=False),
]


def theirs(data: bytes) -> dict | None:
    """Return the rows by candid, as pyarrow reads them at once; None where it does not."""
    try:
        return {row["candid"]: row for row in pq.read_table(io.BytesIO(data)).to_pylist()}
    except Exception:  # whatever its code met
        return None


def test_fuzz_parquet(mutants, tmp_path):
    for mutant in mutants("parquet", SEEDS):
        alerts = alerts_beside(tmp_path / "case", "mutant.parquet", mutant.data, mutant.name)
        expected = theirs(mutant.data)
        if expected is None:
            continue
        for candid, row in alerts.items():
            for name in ("ra", "dec", "jd"):
                found = expected[candid]["candidate"][name]
                assert row[name] == (found % 360.0 if name == "ra" else found), mutant.name
