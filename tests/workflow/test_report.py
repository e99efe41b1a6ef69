"""The morning page in the workflow: on by default, null-safe, and what reruns it."""

import json
import shutil
from contextlib import chdir

import pytest
import yaml
from packets import container, packet
from page_html import check_page
from workdir import Workdir, copy_checkout, make_workdir

from pipeline.plan.load import load_request
from pipeline.plan.pages_anyway import make_missing

pytestmark = pytest.mark.workflow
NIGHT = "results/report/ztf/20180201"
HOSTILE = "<script>alert(1)</script>\"'" + "x" * 10_000


def add_night(directory: Workdir, names: dict[str, list[str]], **changes) -> None:
    """Write nights of packets by the names of their objects; configure them and the small one."""
    rows = [("ztf", "20180201", "night", 1)]
    for night, objects in names.items():
        folder = directory.path / night
        folder.mkdir(exist_ok=True)
        for i, name in enumerate(objects):
            candid = int(night) * 1000 + i
            content = container([packet(candid, name, ra=20.0 + i)])
            (folder / f"{i}.avro").write_bytes(content)
        rows.append(("ztf", night, night, 1))
    directory.configure(report={"objects": 5}, **changes)
    table = ["survey\tnight\tpath\tshards", *("\t".join(map(str, row)) for row in rows)]
    (directory.path / "config/alerts.tsv").write_text("\n".join(table) + "\n")


@pytest.fixture(scope="module")
def reported(tmp_path_factory) -> Workdir:
    """Return a directory with two nights and their pages: the second one's names are hostile."""
    directory = make_workdir(tmp_path_factory.mktemp("reported"))
    add_night(directory, {"20180202": [HOSTILE, "ZTF18abcdefg", ""]})
    directory.snakemake("--cores", "2")
    return directory


@pytest.fixture
def page_of(reported, tmp_path) -> Workdir:
    shutil.copytree(reported.path, tmp_path / "work")
    return Workdir(tmp_path / "work")


def read(directory, path):
    return (directory.path / path).read_text()


def test_the_page_and_its_numbers(reported):
    page = check_page(read(reported, f"{NIGHT}.html"))
    numbers = json.loads(read(reported, f"{NIGHT}.json"))
    summary = json.loads(read(reported, "results/summary/ztf/20180201.json"))
    told = dict(row[:2] for row in numbers["parts"]["alerts"][0]["rows"])
    assert (told["packets read"], told["alerts"]) == (summary["read"], summary["alerts"])
    assert len(numbers["objects"]) == 5
    # the model's score is the magnitude
    assert numbers["lists"][-1]["name"] == "Best by bright"
    assert [one["mag"] for one in numbers["objects"]] == [26.0, 25.0, 24.0, 23.0, 22.0]
    assert numbers["objects"][0]["tables"][1]["rows"][0][:2] == ["stars", "11"]
    assert "12 alerts of 12 objects" in page.text
    fink = [a["href"] for a in page.links if "fink" in a["href"]]
    assert fink == []  # ZTF18aaaaa00 is no name of ZTF's


def test_hostile_packets(reported):
    text = read(reported, "results/report/ztf/20180202.html")
    page = check_page(text)
    assert "<script>alert(1)</script>" in page.text
    assert "https://ztf.fink-portal.org/ZTF18abcdefg" in [a["href"] for a in page.links]
    assert "median of 1 earlier night" in page.text
    index = check_page(read(reported, "results/report/index.html"), scripts=2)
    assert "x" * 100 not in read(reported, "results/report/index.html")
    assert {"ztf/20180201.html", "ztf/20180202.html"} <= {a["href"] for a in index.links}


def test_nothing_to_do_the_second_time_and_the_same_bytes(page_of):
    assert page_of.planned() == {}
    # but for the index, which has the jobs' times
    before = {p: p.read_bytes() for p in page_of.path.glob("results/report/*/**/*.*")}
    assert len(before) == 8
    page_of.snakemake("--cores", "2", "--forcerun", "gather_night", "report_night")
    assert {p: p.read_bytes() for p in page_of.path.glob("results/report/*/**/*.*")} == before


def test_another_number_of_shards_is_the_same_page(page_of):
    table = page_of.path / "config/alerts.tsv"
    table.write_text(table.read_text().replace("\tnight\t1", "\tnight\t3"))
    before = json.loads(read(page_of, f"{NIGHT}.json"))
    page_of.snakemake("--cores", "2")
    assert json.loads(read(page_of, f"{NIGHT}.json")) == before


def test_words_of_the_page_rerun_the_page_alone(page_of, tmp_path):
    checkout = copy_checkout(tmp_path / "checkout")
    changed = Workdir(page_of.path, {"PYTHONPATH": str(checkout / "src")}, checkout=checkout)
    page = {"report_night", "report_index"}
    for path, old, new, planned in (
        ("scores/page.py", '"scored"', '"scored, all"', page | {"gather_night"}),
        ("scores/domain.py", 'title="Scores"', 'title="Networks"', page),
        ("report/data/card.html", "From the packet", "In the packet", page),
    ):
        file = checkout / "src/pipeline" / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        assert set(changed.planned()) == planned
        file.write_text(text)
    assert changed.planned() == {}


def test_switched_off(workdir):
    workdir.configure(report=False)
    assert not {"gather_night", "report_night", "report_index"} & workdir.planned().keys()
    # on where nothing is said
    workdir.configure()
    config = workdir.path / "config/config.yaml"
    config.write_text(config.read_text().replace("report: false\n", ""))
    assert workdir.planned()["report_night"] == 1


def test_only_rejected_packets_and_none(tmp_path):
    directory = Workdir(tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/<b>.avro").write_bytes(container([packet(None)]))
    (tmp_path / "worse").mkdir()
    (tmp_path / "worse/1.avro").write_bytes(b"Obj\x01")
    nights = [("ztf", "1", "bad", 2), ("ztf", "2", "worse", 1)]
    directory.write_config({"report": {"objects": 5}}, nights)
    directory.snakemake("--cores", "2")
    for night in ("1", "2"):
        page = check_page(read(directory, f"results/report/ztf/{night}.html"))
        assert "No alert of this night can be used." in page.text
        assert "1 of 1 packets rejected" in page.text
    assert "bad/<b>.avro, packet 0" in check_page(read(directory, "results/report/ztf/1.html")).text


def test_an_event_whose_scan_fails_hides_no_night(page_of):
    """What `onerror` does, for a scan that has left nothing."""
    for path in (f"{NIGHT}.html", "results/report/index.html"):
        (page_of.path / path).unlink()
    config = page_of.path / "config/config.yaml"
    config.write_text(config.read_text() + "events: config/events.tsv\n")
    (page_of.path / "config/events.tsv").write_text("event\tpath\nbroken\tbroken.json\n")
    with chdir(page_of.path):
        made = list(make_missing(load_request(yaml.safe_load(config.read_text())), "logs"))
    assert list(map(str, made)) == [f"{NIGHT}.html", "results/report/index.html"]
    page = check_page(read(page_of, f"{NIGHT}.html"))
    assert "event broken: no skymap; see logs/scan/broken.log" in page.text
    check_page(read(page_of, "results/report/index.html"), scripts=2)
    # such pages have no record: the next run makes them anew, and nothing else
    shutil.rmtree(page_of.path / ".snakemake/metadata")
    (page_of.path / "config/events.tsv").write_text("event\tpath\n")
    assert page_of.planned() == {"report_night": 1, "report_index": 1}


def test_snakemakes_report_opens_without_a_network(page_of):
    page_of.snakemake("--report", "report.zip")
    assert (page_of.path / "report.zip").stat().st_size > 1e5
