"""`nightmill init`: a working directory that the workflow takes as it is."""

from pathlib import Path

import pytest

from pipeline.alerts.recognise import survey_of
from pipeline.cli.main import main
from pipeline.plan.overlay import read_request
from pipeline.simulate.alerts import simulate_alerts

NIGHT = "20260101"


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """Return a night's tarball."""
    folder = tmp_path_factory.mktemp("data")
    simulate_alerts(folder, 5, 1, NIGHT, format_="tarball")
    return next(folder.glob("*.tar.gz"))


@pytest.fixture
def init(tmp_path, capsys):
    """Return a function that runs the command: status, what it says, what it complains of."""

    def run(*words):
        status = main(["init", *map(str, words), "--directory", str(tmp_path / "work")])
        return (status, *capsys.readouterr())

    return run


def test_a_dump_and_an_event_are_lines_of_tables(init, dump, tmp_path, monkeypatch):
    event = tmp_path / "IC 231202A.json"
    event.write_text("{}")
    monkeypatch.chdir(tmp_path)
    status, said, _ = init(dump, event.name)
    assert status == 0
    assert "next: nightmill plan" in said
    request = read_request(tmp_path / "work", [])
    (night,), (row,) = request.of("alerts"), request.of("events")
    assert (night.survey, night.night, night.path) == ("ztf", NIGHT, str(dump))
    assert (row.event, row.path) == ("IC_231202A", "../IC 231202A.json")
    assert "\t" in (tmp_path / "work/config/alerts.tsv").read_text()


def test_what_stands_there_stays(init, dump, tmp_path):
    init()
    table = tmp_path / "work/config/alerts.tsv"
    table.write_text(f"path\tnight\tsurvey\n# mine\n{dump}\t20250101\tztf")
    config = tmp_path / "work/config/config.yaml"
    config.write_text("alerts: config/alerts.tsv\nfetch_patience_s: 5.0\n")
    assert init(dump)[0] == 0
    assert table.read_text().splitlines()[1:] == [
        "# mine", f"{dump}\t20250101\tztf", f"{dump}\t{NIGHT}\tztf"
    ]  # fmt: skip
    assert "5.0" in config.read_text()
    status, _, complaint = init(dump)
    assert status == 1
    assert f"ztf {NIGHT} stands there already" in complaint
    config.write_text("events: config/events.tsv\n")
    assert "has no alerts: add alerts: config/alerts.tsv" in init(dump, "--night", "20270101")[2]


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("packets.txt", [], "expected a folder, or a file that ends in .avro"),
        ("https://host/ztf_public_20180201.tar.gz", [], "give --survey"),
        ("ztf.avro", ["--survey", "ztf"], "give --night"),
        ("20260101.avro", [], "no such file"),
        ("event.json", [], "no such file"),
        ("20260101.avro", ["--survey", "x/y"], "survey"),
    ],
)
def test_what_cannot_be_told_is_asked_for_and_nothing_written(
    init, tmp_path, name, options, complaint
):
    status, _, complaints = init(name, *options)
    assert status == 1
    assert complaint in complaints
    assert not list(tmp_path.rglob("*.tsv")) or options


def test_files_as_a_shell_puts_them(init, tmp_path):
    simulate_alerts(tmp_path / "night", 3, 1, NIGHT)
    files = sorted((tmp_path / "night").rglob("*.avro"))
    assert len(files) == 3
    status, said, complaints = init(*files)
    assert (status, said) == (1, "")
    assert "one call a night, whose files are given as their folder" in complaints
    status, said, complaints = init(*files, "--night", NIGHT)
    assert (status, said) == (1, "")
    assert f"{files[0]} and {files[1]} are both ztf {NIGHT}: one call a night" in complaints
    assert not (tmp_path / "work").exists()
    assert init(files[0].parent, "--night", NIGHT)[0] == 0
    events = [tmp_path / "a.json", tmp_path / "b/a.json"]
    events[1].parent.mkdir()
    for event in events:
        event.write_text("{}")
    assert init(*events)[2].endswith("b/a.json are both a\n")


def test_an_empty_directory_gets_all_tables(init, tmp_path):
    assert init()[0] == 0
    names = {path.name for path in (tmp_path / "work/config").iterdir()}
    assert {"config.yaml", "alerts.tsv", "events.tsv", "maps.tsv"} <= names
    assert read_request(tmp_path / "work", []).of("alerts") == ()


@pytest.mark.real
@pytest.mark.parametrize("survey", ["lsst", "pgir", "turbo", "wntr", "ztf"])
def test_real_packets_are_recognised(shared, survey):
    assert survey_of(shared / "data/alerts" / survey) == survey


def test_what_is_no_packet_is_of_no_survey(tmp_path):
    (tmp_path / "a.avro").write_bytes(b"no packet")
    with pytest.raises(ValueError, match="say which"):
        survey_of(Path(tmp_path))
