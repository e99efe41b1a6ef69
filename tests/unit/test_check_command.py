"""`nightmill check`: everything that is wrong, in one pass, a line each."""

import shutil
from collections import namedtuple

import pytest
import yaml
from webserver import Site, serve

from pipeline.cli.main import main
from pipeline.events.geometry import ic86_like
from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.events import write_events

NIGHT = "20260101"
DUMP = f"data/ztf_public_{NIGHT}.tar.gz"
STARS = {"path": "data/stars.parquet", "id": "name", "columns": ["type"]}
MODEL = {"version": "1", "path": "realbogus.h5", "inputs": ["triplet"]}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, request):
    """Return a folder with a night, stars and a network."""
    folder = tmp_path_factory.mktemp("inputs")
    simulate_alerts(folder / "data", 20, 1, NIGHT, format_="tarball")
    shutil.copy(request.config.rootpath / "demo/models/realbogus.h5", folder)
    return folder


@pytest.fixture
def check(inputs, monkeypatch, capsys):
    """Return a function that checks a night's path and a configuration: status and lines."""

    def run(path=DUMP, *options, survey="ztf", **config):
        monkeypatch.chdir(inputs)
        table = inputs / "alerts.tsv"
        table.write_text(f"survey\tnight\tpath\n{survey}\t{NIGHT}\t{path}\n")
        (inputs / "c.yaml").write_text(yaml.safe_dump({"alerts": "alerts.tsv", **config}))
        status = main(["check", "--configfile", "c.yaml", *options])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err

    return run


def wrong(lines):
    return [line.removeprefix("WRONG  ") for line in lines if line.startswith("WRONG")]


def test_all_is_well(check):
    status, lines, complaint = check(catalogs={"stars": STARS}, models={"rb": MODEL})
    assert (status, wrong(lines), complaint) == (0, [], "")
    assert lines[0] == "ok     configuration"
    assert f"ok     alerts.tsv: ztf {NIGHT}: {DUMP}: packets of ztf" in lines
    assert "ok     catalogs.stars: data/stars.parquet: has ra, dec, type, name" in lines
    assert any(line.startswith("ok     models.rb: realbogus.h5: a network") for line in lines)
    assert any("MB are free" in line for line in lines)


def test_everything_that_is_wrong_is_told_at_once(check, inputs):
    (inputs / "cut.h5").write_bytes((inputs / "realbogus.h5").read_bytes()[:2000])
    status, lines, complaint = check(
        "data/nothing.tar.gz",
        catalogs={"stars": {**STARS, "columns": ["colour"]}, "none": {"path": "none.csv"}},
        models={"cut": {**MODEL, "path": "cut.h5"}, "none": {**MODEL, "path": "none.onnx"}},
    )
    assert status == 1
    found = "\n".join(wrong(lines))
    for line in (
        f"alerts.tsv: ztf {NIGHT}: data/nothing.tar.gz: no such file",
        "catalogs.stars: data/stars.parquet: no column 'colour'",
        "catalogs.none: none.csv: no such catalogue file",
        "models.cut: cut.h5: is cut short, 2000 of 137720 bytes",
        "models.none: none.onnx: not there",
    ):
        assert line in found
    assert f"{len(wrong(lines))} of these would stop the run" in complaint


def test_packets_of_another_survey(check):
    _, lines, _ = check(survey="lsst")
    assert "no packets of lsst at its beginning: they look like" in wrong(lines)[0]


def test_addresses(check, inputs):
    with serve(Site((inputs / DUMP).read_bytes())) as site:
        _, lines, _ = check(site.url)
        assert any(line.startswith("ok") and line.endswith("MB") for line in lines)
        site.faults.append(404)
        assert "404" in wrong(check(site.url)[1])[0]
    assert "cannot be reached (ConnectionError)" in wrong(check(site.url)[1])[0]


def test_addresses_of_inputs(check, inputs):
    with serve(Site(b"ra,dec\n1,2\n"), "c.csv") as site:
        catalogs = {"there": {"path": site.url}}
        _, lines, _ = check(catalogs=catalogs)
        assert any(line.startswith("ok") and f"{site.url}: 11 B" in line for line in lines)
        assert not wrong(lines)
        site.faults.append(404)
        assert f"{site.url}: 404" in wrong(check(catalogs=catalogs)[1])[0]
    assert "cannot be reached (ConnectionError)" in wrong(check(catalogs=catalogs)[1])[0]


def test_an_archive_of_files_needs_no_service(check):
    status, lines, _ = check(archive={})
    assert (status, wrong(lines)) == (0, [])
    _, lines, _ = check(archive={"uri": "mongodb://127.0.0.1:1"})
    assert "MongoDB at 127.0.0.1:1" in wrong(lines)[0]


def test_a_disk_without_room(check, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 0))
    assert "0 MB are free: another --directory" in wrong(check()[1])[0]


def test_clusters_that_are_not_there(check, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no sinfo on this machine" in wrong(check(DUMP, "--cluster", "slurm")[1])[0]
    program = tmp_path / "condor_status"
    program.write_text("#!/bin/sh\necho nobody answers >&2\nexit 3\n")
    program.chmod(0o755)
    (line,) = wrong(check(DUMP, "--cluster", "htcondor")[1])
    assert line.endswith("condor_status ends with 3: nobody answers")
    program.write_text("#!/bin/sh\n")
    assert not wrong(check(DUMP, "--cluster", "htcondor")[1])


def test_skyportals_token_is_asked_for_by_check_and_by_jobs_that_post(
    check, inputs, monkeypatch, capsys
):
    monkeypatch.delenv("SKYPORTAL_TOKEN", raising=False)
    folder = inputs / "filters"
    folder.mkdir(exist_ok=True)
    (folder / "one.yaml").write_text(
        'name: one\ngroup_id: 1\nfilter_id: 2\nsql: "select candid from alerts"\n'
    )
    filters = {"path": "filters", "skyportal": {"url": "http://127.0.0.1:9"}}
    status, lines, _ = check(filters=filters)
    (line,) = wrong(lines)
    assert "no token: set SKYPORTAL_TOKEN" in line
    assert status == 1
    # what reads alone needs none: it fails for want of a night that has been indexed
    main(["filter", "explain", "filters/one.yaml", "1", "--configfile", "c.yaml"])
    assert "no indexed night" in capsys.readouterr().err
    from pipeline.plan.overlay import read_request
    from pipeline.plan.ready import unready

    request = read_request(inputs, [inputs / "c.yaml"])
    assert list(unready(request, {"filter"})) == []
    assert "no token" in next(unready(request, {"post_payloads"}))
    monkeypatch.setenv("SKYPORTAL_TOKEN", "x")
    assert check(filters=filters)[0] == 0


def test_events_are_read(check, inputs):
    (good,) = write_events(1, 3, inputs / "events", "uniform", ic86_like())
    (inputs / "cut.json").write_bytes(good.read_bytes()[:5000])
    (inputs / "none.json").write_text("{}")
    rows = [f"good\t{good}", "cut\tcut.json", "none\tnone.json"]
    (inputs / "events.tsv").write_text("\n".join(["event\tpath", *rows]) + "\n")
    status, lines, _ = check(events="events.tsv")
    assert status == 1
    assert any(line.startswith(f"ok     events.tsv: good: {good}: run ") for line in lines)
    cut, none = wrong(lines)
    assert cut.startswith("events.tsv: cut: cut.json: neither JSON nor a pickle of it: ")
    assert none.startswith("events.tsv: none: none.json: neither a realtime message")


def test_the_assistants_files_are_read(check, inputs):
    (inputs / "dust").mkdir()
    (inputs / "labels.csv").write_text("candid,objectId,label,timestamp\n1,a,real,\n")
    vra = {"filter": "f", "dust_map": "dust", "bench": {"oracle": "labels.csv"}}
    _, lines, _ = check(filters={"path": "filters"}, vra=vra)
    assert any("vra.bench.oracle: labels.csv: labels of 1 alerts" in line for line in lines)
    assert any(line.startswith("WRONG") and "vra.dust_map: dust" in line for line in lines)


def test_filters_that_skyportal_does_not_know(check, inputs, monkeypatch):
    monkeypatch.setenv("SKYPORTAL_TOKEN", "x")
    folder = inputs / "unknown"
    folder.mkdir()
    (folder / "one.yaml").write_text('name: one\ngroup_id: 1\nsql: "select candid from alerts"\n')
    filters = {"path": "unknown", "skyportal": {"url": "http://127.0.0.1:9"}}
    status, lines, _ = check(filters=filters)
    said = "unknown/one.yaml: has no filter_id: SkyPortal goes by numbers, not names"
    assert (status, wrong(lines)) == (1, [said])
    filters["skyportal"] = {}
    status, lines, _ = check(filters=filters)
    assert (status, wrong(lines)) == (0, [])
    assert f"ok     {said}" in lines
