"""A hostile file beside a good one: it costs itself, with a reason, and nothing else."""

import shutil
from pathlib import Path

import pyarrow as pa
from limits import bounded
from nights import run
from packets import container, packet

GOOD = 77
_GOOD_FILE = container([packet(GOOD, "ZTF18good")])


def alerts_beside(folder: Path, name: str, data: bytes, case: str) -> dict[int, dict]:
    """Run a night of a good packet and of a file with `data`; return the file's alerts."""
    shutil.rmtree(folder, ignore_errors=True)
    night = folder / "night"
    night.mkdir(parents=True)
    (night / "0.avro").write_bytes(_GOOD_FILE)
    (night / name).write_bytes(data)
    with bounded(case):
        tables, total = run(folder, night)
    check_reasons(tables["rejected"], str(night / name), case)
    alerts = {row["candid"]: row for row in tables["alerts"].to_pylist()}
    assert GOOD in alerts, case
    assert len(alerts) == total["alerts"], case
    del alerts[GOOD]
    return alerts


def check_reasons(rejected: pa.Table, source: str, case: str) -> None:
    for row in rejected.to_pylist():
        assert row["source"].startswith(source), case
        assert row["reason"], case
        assert len(row["reason"]) < 2000, case
