"""What `nightmill summary` says of the packets that were rejected."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.alerts.counts import COUNTED
from pipeline.alerts.found_lines import night_lines
from pipeline.filters.found_lines import filter_lines


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


@pytest.mark.parametrize("of", [("summary", night_lines), ("filters", filter_lines)])
def test_a_damaged_summary_is_named(tmp_path, of):
    folder, lines = of
    damaged = tmp_path / f"results/{folder}/ztf/20260101.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b'{"read": \xff')
    with pytest.raises(ValueError, match="is no whole JSON .*: delete it and run") as refused:
        list(lines(tmp_path))
    assert str(damaged) in str(refused.value)


def test_a_night_of_filters_is_a_line_and_the_newest_has_its_filters(tmp_path):
    def one(passed, unknown=0):
        warnings = ["refused: why"] if unknown else []
        return {"passed": passed, "unknown": unknown, "earlier_share": 0.5, "warnings": warnings}

    folder = tmp_path / "results/filters/ztf"
    folder.mkdir(parents=True)
    filters = {f"f{n:02d}": one(n, 100 if n == 53 else 0) for n in range(54)}
    for night in ("20260102", "20260101", "20260103"):
        (folder / f"{night}.json").write_text(json.dumps({"alerts": 100, "filters": filters}))
    lines = list(filter_lines(tmp_path))
    assert lines[:3] == [
        f"filters of ztf {night}: 54 on 100 alerts, which passed 1,431 times, most f53 (53), "
        "f52 (52), f51 (51); nothing can be said by 1"
        for night in ("20260101", "20260102", "20260103")
    ]
    assert lines[3] == (
        "filter f53, ztf 20260103: 53 of 100 alerts (50 by the earlier nights); "
        "nothing can be said of 100: refused: why"
    )
    assert lines[4] == "filter f00, ztf 20260103: 0 of 100 alerts (50 by the earlier nights)"
    assert lines[13:] == ["and 44 more filters: results/filters/ztf/20260103.json"]
