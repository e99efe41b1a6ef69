"""What a filter in SQL does with one alert, condition by condition."""

import pytest
from nights import ZTF, build_index, write_folder
from packets import container, packet

from pipeline.alerts.batch import Shard
from pipeline.documents.sandbox import SandboxError
from pipeline.filters.explain_sql import explain_sql
from pipeline.filters.filter import Filter
from pipeline.filters.run import NOT_PERMITTED, Seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    one = packet(7, history=3, magpsf=17.5, fid=2, programid=1)
    build_index(
        write_folder(folder / "night", {"7.avro": container([one])}),
        ZTF,
        folder / "i",
        folder / "s",
    )
    (batch,) = Shard.load(folder / "i", 0, 1).batches(ZTF)
    (part,) = batch.documents
    return Seen("ztf", part.table, {"alerts": batch.alerts, "history": batch.history})


def lines(seen, sql, permissions=(1, 2, 3)):
    return list(explain_sql(Filter("f", permissions=permissions, sql=sql), seen))


def test_conditions_one_by_one(seen):
    sql = """select magpsf as mag, (select count(*) from history) as seen from alerts as a
             where a.magpsf < 18 and fid = 1 and (fid = 2 or fid = 3) and seen >= 0
             and not exists (select * from matches where distance_arcsec < 2);"""
    said = lines(seen, sql)
    assert said[0].startswith("sees 1 of alerts, 0 of scores, 0 of matches, ")
    told = [line for line in said if line.startswith("condition")]
    assert "condition 1: " in told[0]
    assert [line.rpartition(": ")[2] for line in told] == [
        "holds for 1 of 1 rows",
        "holds for 0 of 1 rows",
        "holds for 1 of 1 rows",
        "cannot be asked by itself",
        "holds for 1 of 1 rows",
    ]
    assert "    magpsf = 17.5" in said
    assert "    fid = 2" in said
    assert not any("distance_arcsec = " in line for line in said)
    assert said[-1] == "does not pass: 0 rows come out, one would pass"
    assert lines(seen, sql.replace("fid = 1", "fid = 2"))[-1].startswith('passes with {"mag": 17.5')


def test_joins_and_groups(seen):
    sql = "select a.fid from alerts a join history h using (candid) where h.jd > 0 group by all"
    said = lines(seen, sql)
    count = said[0].split()[-3]
    assert said[1].endswith(f"holds for {count} of {count} rows")
    assert said[-1] == 'passes with {"fid": 2}'
    assert lines(seen, "select fid from alerts, range(2)")[1:] == [
        "does not pass: 2 rows come out, one would pass"
    ]
    union = "select fid from alerts union all select fid from alerts"
    assert lines(seen, union)[-1] == "does not pass: 2 rows come out, one would pass"


def test_permissions_and_what_is_refused(seen):
    assert lines(seen, "select 1 as x from alerts", (2,)) == [f"does not pass: {NOT_PERMITTED}"]
    for sql in ("select 1 from packets", "select magspf from alerts where fid = 1"):
        with pytest.raises(SandboxError):
            lines(seen, sql)
