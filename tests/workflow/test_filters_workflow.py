"""Filters in the workflow: from packets, scores and matches to candidates, and the laboratory."""

import json
import re
import shutil
from contextlib import chdir

import pyarrow.parquet as pq
import pytest
from workdir import OBJECTS, ROOT, Workdir, make_workdir

from pipeline.cli.main import build_parser, main
from pipeline.filters.check import wrong_with
from pipeline.filters.filter_file import read_file

pytestmark = pytest.mark.workflow
DOCUMENT = (ROOT / "docs/filters.md").read_text()

JOINED = """\
# who is near a star, by the broker's words
name: near_star
permissions: [1, 2, 3]
version: 1
pipeline:
  - $match: {cross_matches.stars.0: {$exists: true}, classifications.bright: {$gte: 0}}
  - $project:
      annotations:
        type: {$arrayElemAt: [$cross_matches.stars.type, 0]}
        arcsec: {$arrayElemAt: [$cross_matches.stars.coordinates.distance_arcsec, 0]}
        score: $classifications.bright
        version: $classifications.bright_version
"""
SQL = """\
name: near_star_sql
permissions: [1, 2, 3]
sql: |
  select m.stars_type as type, m.distance_arcsec as arcsec, s.bright as score,
         s.bright_version as version
  from alerts join scores as s using (candid) join matches as m using (candid)
  where s.bright >= 0 and m.catalog = 'stars' and m.rank = 1
"""


def prepared(folder, **files) -> Workdir:
    directory = make_workdir(folder)
    filters = directory.path / "filters"
    filters.mkdir()
    for name, text in {"joined": JOINED, "sql": SQL, **files}.items():
        (filters / f"{name}.yaml").write_text(text)
    directory.configure(shards=2, filters={"path": "filters"})
    return directory


@pytest.fixture(scope="module")
def filtered(tmp_path_factory) -> Workdir:
    directory = prepared(tmp_path_factory.mktemp("filtered"))
    directory.snakemake("--cores", "2")
    return directory


def test_from_packets_to_candidates(filtered):
    folder = filtered.path / "results"
    found = {}
    for row in pq.read_table(folder / "candidates/ztf").to_pylist():
        found.setdefault(row["filter"], {})[row["candid"]] = json.loads(row["annotations"])
    assert found["near_star"] == found["near_star_sql"]
    assert len(found["near_star"]) == OBJECTS
    matches = pq.read_table(folder / "matches/ztf").to_pylist()
    first = {m["candid"]: m for m in matches if m["catalog"] == "stars" and m["rank"] == 1}
    scores = {s["candid"]: s for s in pq.read_table(folder / "scores/ztf").to_pylist()}
    for candid, annotations in found["near_star"].items():
        assert annotations == {
            "type": first[candid]["stars_type"],
            "arcsec": first[candid]["distance_arcsec"],
            "score": scores[candid]["bright"],
            "version": scores[candid]["bright_version"],
        }
    verdicts = pq.read_table(folder / "verdicts/ztf")
    assert verdicts.num_rows == 2 * OBJECTS
    night = json.loads((folder / "filters/ztf/20180201.json").read_text())
    assert night["alerts"] == OBJECTS
    assert night["filters"]["near_star"]["passed"] == OBJECTS


def test_what_reruns(filtered, tmp_path):
    shutil.copytree(filtered.path, tmp_path / "work")
    directory = Workdir(tmp_path / "work")
    file = directory.path / "filters/joined.yaml"
    file.write_text(JOINED.replace("# who", "# those who"))
    assert directory.planned() == {}
    file.write_text(JOINED.replace("$gte: 0", "$gte: 0.5"))
    assert directory.planned() == {"filter": 2, "summarise_filters": 1}


def copied(filtered, folder) -> Workdir:
    shutil.copytree(filtered.path, folder / "work")  # keeps time stamps
    return Workdir(folder / "work")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("permissions", "description: in other words\ngroup: Others\npermissions"),
        ("permissions", "active: true\npermissions"),
        ("permissions: [1, 2, 3]", "permissions: [1,2,3] # all"),
        ("version: 1", 'version: "1"'),
        ("{$exists: true}", "{ $exists:  true }"),
    ],
)
def test_what_changes_no_verdict_reruns_nothing(filtered, tmp_path, old, new):
    directory = copied(filtered, tmp_path)
    assert old in JOINED
    (directory.path / "filters/joined.yaml").write_text(JOINED.replace(old, new, 1))
    other = SQL.replace("near_star_sql", "other").replace(
        "permissions", "active: false\npermissions"
    )
    (directory.path / "filters/other.yaml").write_text(other)
    (directory.path / "filters/README.md").write_text("What these are for.")
    assert directory.planned() == {}


def test_nights_in_any_order(filtered, tmp_path):
    directory = copied(filtered, tmp_path)
    shutil.copytree(directory.path / "night", directory.path / "later")
    (directory.path / "later/1000.avro").unlink()
    lines = (directory.path / "config/alerts.tsv").read_text().splitlines()
    lines.append(lines[1].replace("20180201", "20180202").replace("night", "later"))
    table = directory.path / "config/alerts.tsv"
    for order in ([0, 2, 1], [0, 1, 2]):
        table.write_text("\n".join(lines[i] for i in order) + "\n")
        if order == [0, 2, 1]:
            directory.snakemake("--cores", "2")
    assert directory.planned() == {}
    nights = [
        json.loads((directory.path / f"results/filters/ztf/2018020{i}.json").read_text())
        for i in (1, 2)
    ]
    assert [night["alerts"] for night in nights] == [OBJECTS, OBJECTS - 1]
    assert [n["filters"]["near_star"]["earlier_share"] for n in nights] == [None, 1.0]


def test_a_filter_that_is_gone_leaves_nothing(filtered, tmp_path):
    directory = copied(filtered, tmp_path)
    directory.configure(shards=2, filters={"path": "filters", "skyportal": {}})
    directory.snakemake("--cores", "2")
    results = directory.path / "results"
    payloads = results / "payloads/ztf/20180201"
    assert len(list(payloads.iterdir())) == 2
    (directory.path / "filters/sql.yaml").write_text(f"{SQL}active: false\n")
    assert directory.planned() == {"filter": 2, "summarise_filters": 1, "write_payloads": 2}
    directory.snakemake("--cores", "2")
    for table in ("candidates", "verdicts"):
        assert set(pq.read_table(results / table)["filter"].to_pylist()) == {"near_star"}
    assert set(json.loads((results / "filters/ztf/20180201.json").read_text())["filters"]) == {
        "near_star"
    }
    assert not any("near_star_sql" in file.read_text() for file in payloads.iterdir())
    (directory.path / "filters/joined.yaml").unlink()  # none is left that runs
    assert directory.planned() == {"tidy": 1}
    directory.snakemake("--cores", "2")
    for name in ("candidates", "verdicts", "filter_counts", "payloads", "filters"):
        assert [f for f in (results / name).rglob("*") if f.is_file()] == [], name
    assert directory.planned() == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: bad\npipeline: [{$out: x}]", r"bad\.yaml.*\$out"),
        ("name: bad\npipeline: |\n  [\n  {]\n", r"bad\.yaml.*line 4"),
        ("name: bad\nsql: select * from read_csv('/etc/passwd')", r"bad\.yaml.*read_csv"),
        (
            "name: bad\nsql: |\n  select 1\n  from alerts\n  where x = 1",
            r"bad\.yaml: sql: line 3.*x",
        ),
        ("name: bad\nsurvey: zft\nsql: select 1", r"bad\.yaml: survey: 'zft' is none of"),
        ("name: near_star\nsql: select 1", "has a filter near_star too"),
    ],
)
def test_a_wrong_filter_stops_before_any_job(tmp_path, text, told):
    directory = prepared(tmp_path, bad=text)
    said = directory.snakemake("--cores", "1", ok=False)
    assert re.search(told, said), said
    assert not (directory.path / "results").exists()


def test_the_laboratory_on_nights(filtered, capsys):
    new = filtered.path / "new.yaml"
    new.write_text(JOINED.replace("near_star", "other").replace("$gte: 0", "$gte: 100"))
    with chdir(filtered.path):
        command = ["filter", "test", "filters/joined.yaml", "--nights", "20180201"]
        assert main([*command, "--against", "new.yaml"]) == 0
        said = capsys.readouterr().out
        assert f"20180201: {OBJECTS} of {OBJECTS} alerts in " in said
        assert f"gained: {OBJECTS} objects" in said
        assert "lost: 0 objects" in said
        assert f"overlap with near_star_sql: {OBJECTS} alerts" in said
        assert main(["filter", "explain", "new.yaml", "1000"]) == 0
        said = capsys.readouterr().out
        assert "1000, night 20180201" in said
        assert "classifications.bright = " in said
        assert 'stops here: stage 1 ($match): "classifications.bright"' in said
        assert main(["filter", "explain", "filters/joined.yaml", "1000"]) == 0
        assert "passes with" in capsys.readouterr().out
        assert main(["filter", "explain", "filters/sql.yaml", "1000"]) == 0
        said = capsys.readouterr().out
        assert "sees 1 of alerts, 1 of scores, 1 of matches" in said
        assert said.count("holds for 1 of 1 rows") == 3
        assert "passes with" in said
        assert main(["filter", "explain", "filters/joined.yaml", "1"]) == 1
        assert "no indexed night of ztf has an alert 1" in capsys.readouterr().err
        assert main(["filter", "test", "filters/joined.yaml", "--nights", "2019..2020"]) == 1
        assert "no such night" in capsys.readouterr().err


def test_translate_shows_sql(filtered, capsys):
    for name in ("joined", "sql"):
        assert main(["filter", "translate", str(filtered.path / f"filters/{name}.yaml")]) == 0
        assert "select" in capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    "text",
    [t for t in re.findall(r"^```yaml\n(.*?)^```", DOCUMENT, re.M | re.S) if "name: " in t],
)
def test_the_documents_filters_are_in_order(tmp_path, text):
    file = tmp_path / "f.yaml"
    file.write_text(text)
    (one,) = read_file(file)
    assert list(wrong_with(one.filter)) == []


def test_the_documents_commands(filtered, capsys):
    blocks = re.findall(r"^```bash\n(.*?)^```", DOCUMENT, re.M | re.S)
    commands = [line.split()[1:] for block in blocks for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        build_parser().parse_args(command)
