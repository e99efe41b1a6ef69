"""What `nightmill summary` says of the packets that were rejected."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.counts import COUNTED
from pipeline.alerts.found_lines import night_lines


def test_reasons_that_are_not_told_are_counted(tmp_path):
    """All of them, and where they stand."""
    counts = dict.fromkeys(COUNTED, 0) | {"read": 21, "rejected": 21}
    reasons = [f"reason {n}" for n in range(1, 7) for _ in range(n)]
    (tmp_path / "results/summary/ztf").mkdir(parents=True)
    (tmp_path / "results/summary/ztf/1.json").write_text(json.dumps(counts))
    rejected = tmp_path / "results/rejected/ztf/1"
    rejected.mkdir(parents=True)
    pq.write_table(pa.table({"reason": reasons}), rejected / "0000.parquet")
    lines = list(night_lines(tmp_path))
    assert lines[1:] == [
        "packets of ztf 1: 6 rejected: reason 6",
        "packets of ztf 1: 5 rejected: reason 5",
        "packets of ztf 1: 4 rejected: reason 4",
        "packets of ztf 1: 6 rejected for 3 more reasons: see results/rejected/ztf/1",
    ]
