"""Filters in the workflow that see earlier nights: what is made, what reruns, the laboratory."""

import json
import re
from contextlib import chdir

import pyarrow.parquet as pq
import pytest
from nights import write_folder
from packets import container, packet
from workdir import Workdir

from pipeline.cli.main import main

pytestmark = pytest.mark.workflow
JD, OBJECTS = 2458150.5, 12
MANY = """\
name: many
permissions: [1]
active: true
pipeline:
  - $project: {annotations: {n: {$size: $prv_candidates}}}
  - $match: {annotations.n: {$gt: 1}}
"""
SQL = "name: sql\npermissions: [1]\nsql: select count(*) as n from history having count(*) > 1\n"


def write_night(folder, name, day):
    """Write a night whose packets carry one measurement each, of the day before."""
    made = [
        packet(1000 * day + i, f"ZTF18aaaaa{i:02d}", history=1, jd=JD + day) for i in range(OBJECTS)
    ]
    for one in made:
        one["prv_candidates"][0]["jd"] = JD + day - 0.5
    write_folder(folder / name, {"night.avro": container(made)})


def line(day, shards):
    return ("ztf", f"2018{day:04d}", f"2018{day:04d}", shards)


NIGHTS = [line(302, 2), line(201, 1), line(205, 3)]


def lab(directory, *arguments):
    with chdir(directory.path):
        return main(["filter", *arguments])


@pytest.fixture(scope="module")
def filtered(tmp_path_factory) -> Workdir:
    directory = Workdir(tmp_path_factory.mktemp("nights"))
    (directory.path / "filters").mkdir()
    for name, text in {"many": MANY, "sql": SQL}.items():
        (directory.path / f"filters/{name}.yaml").write_text(text)
    for number, (_, night, _, _) in enumerate(sorted([*NIGHTS, line(203, 1), line(303, 1)])):
        write_night(directory.path, night, number)
    directory.write_config({"filters": {"path": "filters", "history": "nights"}}, NIGHTS)
    directory.snakemake("--cores", "2")
    return directory


def numbers(directory, night):
    rows = pq.read_table(directory.path / f"results/candidates/ztf/{night}").to_pylist()
    found = {}
    for row in rows:
        found.setdefault(row["filter"], []).append(json.loads(row["annotations"])["n"])
    assert found.get("many") == found.get("sql")
    return found.get("many", [])


def test_nights_see_what_came_before(filtered):
    assert numbers(filtered, "20180201") == []
    assert numbers(filtered, "20180205") == [2] * OBJECTS
    assert numbers(filtered, "20180302") == [3] * OBJECTS
    assert (filtered.path / "results/histories_by_month/ztf/201802").is_dir()
    assert not (filtered.path / "results/histories/ztf/20180302").exists()


def test_the_laboratory_sees_the_same(filtered, capsys):
    assert lab(filtered, "test", "filters/many.yaml", "--nights", "20180201..20180302") == 0
    said = capsys.readouterr().out
    for night, number in (("20180201", 0), ("20180205", OBJECTS), ("20180302", OBJECTS)):
        assert f"{night}: {number} of {OBJECTS} alerts in " in said
    candid = pq.read_table(filtered.path / "results/candidates/ztf/20180302")["candid"][0]
    assert lab(filtered, "explain", "filters/many.yaml", str(candid)) == 0
    assert 'passes with {"n": 3}' in capsys.readouterr().out


def test_only_later_nights_rerun(filtered, capsys):
    """Written last: a night between, and one after all, in lines of any order."""
    directory = filtered
    jobs = {"filter", "keep_histories", "merge_histories"}
    directory.write_config(
        {"filters": {"path": "filters", "history": "nights"}}, [line(303, 1), *NIGHTS[::-1]]
    )
    planned = directory.planned()
    # the night before it is now seen by another; its month is not merged, as it is not over
    assert {name: planned[name] for name in jobs & planned.keys()} == {
        "filter": 1, "keep_histories": 2,
    }  # fmt: skip
    directory.write_config(
        {"filters": {"path": "filters", "history": "nights"}}, [line(203, 1), *NIGHTS]
    )
    planned = directory.planned()
    assert {name: planned[name] for name in jobs & planned.keys()} == {
        "filter": 1 + 3 + 2, "keep_histories": 1, "merge_histories": 1,
    }  # fmt: skip
    assert lab(directory, "test", "filters/many.yaml", "--nights", "20180205") == 1
    said = capsys.readouterr().err
    store = "results/histories/ztf/20180203/0000"
    assert re.search(rf"{store}: not there: run the workflow, or snakemake {store}", said)
    directory.snakemake("--cores", "2")
    assert numbers(directory, "20180201") == []
    assert numbers(directory, "20180203") == [2] * OBJECTS
    assert numbers(directory, "20180205") == [3] * OBJECTS
    assert numbers(directory, "20180302") == [4] * OBJECTS
