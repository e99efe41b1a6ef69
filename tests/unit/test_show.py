"""`nightmill show`: an object, an alert or an event on a terminal, as a picture, as a page."""

import gzip
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from nights import write_results, write_shard
from packets import packet
from page_html import check_page
from PIL import Image
from rich.cells import cell_len
from test_skymaps_events import event

from pipeline.cli.main import main
from pipeline.filters.tables import CANDIDATES_SCHEMA, VERDICTS_SCHEMA
from pipeline.notebook import Results
from pipeline.show.names import AlertFound, EventFound, find
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.levels import wilks_levels
from pipeline.skymaps.products.folder import write_products
from pipeline.skymaps.scan.manifest import write_manifest
from pipeline.skymaps.scan.rounds import Scan, scan_all

NAME = "ZTF18abcdefg"
HOSTILE = "\x1b[31m[red]evil\x1b]0;title\x07[/red]\u202e<script>alert(1)</script>\nnext"
"""Escapes, rich's markup, a change of direction, HTML and a new line."""


def stamp():
    stream = io.BytesIO()
    pixels = np.arange(63 * 63, dtype=np.float32).reshape(63, 63)
    fits.PrimaryHDU(pixels).writeto(stream)
    return {"fileName": "a.fits.gz", "stampData": gzip.compress(stream.getvalue())}


def with_stamps(one):
    return one | {f"cutout{kind}": stamp() for kind in ("Science", "Template", "Difference")}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Return a working directory with two nights of an object, hostile ones, and an event."""
    path = tmp_path_factory.mktemp("show")
    first = packet(1, NAME, history=3, magpsf=18.5)
    first["prv_candidates"][0] |= {"magpsf": None, "diffmaglim": 20.25}
    others = [packet(5, HOSTILE), packet(6, ""), packet(77, "sim")]
    write_results(path, [first, *others])
    second = packet(2, NAME, history=0, jd=2458151.5, magpsf=17.0, fid=2, isdiffpos="f")
    write_results(path, [with_stamps(second)], "20180202")
    scores = {"survey": "ztf", "candid": 1, "object_id": NAME, "good": None,
              "good_version": "v1", "good_reason": "no stamp"}  # fmt: skip
    columns = {name: pa.array([value]) for name, value in scores.items()}
    columns["good"] = pa.array([None], pa.float32())
    write_shard(path, "scores", pa.table(columns))
    passed = {"survey": "ztf", "candid": 1, "filter": "bright", "version": "1"}
    note = {"object_id": NAME, "jd": 2458150.5, "annotations": json.dumps({"n": HOSTILE})}
    tables = {
        "candidates": pa.Table.from_pylist([passed | note], CANDIDATES_SCHEMA),
        "verdicts": pa.Table.from_pylist(
            [passed | {"passed": True},
             passed | {"filter": "fast", "passed": False, "reason": "it is slow"}],
            VERDICTS_SCHEMA,
        ),
    }  # fmt: skip
    for name, table in tables.items():
        write_shard(path, name, table)
    one = Scan(event(), "crash_dummy", parse_nsides("8:0"))
    state = scan_all(one, path / "rounds")
    folder, levels = path / "results/skymaps/sim", wilks_levels()
    folder.mkdir(parents=True)
    write_products("sim", one, state, levels, folder)
    now, manifest = datetime.now(UTC), folder / "manifest.json"
    write_manifest(manifest, one, state, started=now, levels=levels, files=[])
    return path


def widest(lines):
    """Return the width of the widest line but of those that are to be copied whole."""
    return max(cell_len(line) for line in lines if not re.search("://|^table ", line))


def show(directory, capsys, *words):
    status = main(["show", *words, "--directory", str(directory)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_an_object_is_its_newest_alert(directory, capsys):
    status, out, _ = show(directory, capsys, NAME)
    assert status == 0
    assert f"{NAME}  ztf 20180202, packet 2" in out
    assert "RA 10.00000° Dec -5.00000° (00:40:00.00 -05:00:00.00)" in out
    assert "ztfr 17.00 ± 0.10 mag, fainter than the template" in out
    assert "The 2 alerts of the object" in out
    assert "Light curve: 4 detections, 1 limits, 0 forced in 4 d" in out
    assert f"https://ztf.fink-portal.org/{NAME}" in out
    assert "shown in a terminal of 256 colours" in out
    assert "\x1b" not in out
    assert widest(out.splitlines()) <= 80


def test_brighter_is_higher_and_limits_are_triangles(directory, capsys):
    out = show(directory, capsys, NAME)[1].splitlines()
    rows = [line for line in out if re.match(r"^ *[\d.]* *[┤│]", line)]
    heights = {letter: [n for n, row in enumerate(rows) if letter in row] for letter in "□●▽"}
    assert len(rows) == 16
    # red at 17 and hollow, green at 18.5 and 18, a limit at 20.25
    assert max(heights["□"]) < min(heights["●"]) <= max(heights["●"]) < min(heights["▽"])
    labels = [float(row.split()[0]) for row in rows if row.split()[0][0].isdigit()]
    assert labels == sorted(labels)
    legend = next(line for line in out if "this alert" in line)
    assert legend.split("   ")[:2] == ["● ztfg", "■ ztfr"]


def test_an_alert_with_scores_and_filters(directory, capsys):
    out = show(directory, capsys, "1")[1]
    assert f"{NAME}  ztf 20180201, packet 1" in out
    assert re.search(r"good v1 +– +no stamp", out)
    assert re.search(r"bright 1 +yes +–", out)
    assert re.search(r"fast 1 +no +it is slow", out)
    assert "no stamp: the packet has none" in out


def test_an_alert_of_no_object(directory, capsys):
    status, out, _ = show(directory, capsys, "6")
    assert status == 0
    assert "no object  ztf 20180201, packet 6" in out
    assert "3 detections" in out


def test_an_event(directory, capsys):
    found = find(Results(directory, "arrow"), "sim")
    assert [type(one) for one in found] == [AlertFound, EventFound]
    status, out, _ = show(directory, capsys, "sim")
    assert status == 0
    assert "sim  ztf 20180201, packet 77" in out
    for words in ("Best fit", "Wilks' theorem", "90 %", "pixels failed", "Event: sim", "zoom.png"):
        assert words in out, words


def test_hostile_names_are_text(directory, capsys):
    status, out, _ = show(directory, capsys, HOSTILE)
    assert status == 0
    assert "\\x1b[31m[red]evil\\x1b]0;title\\x07[/red]\\u202e<script>" in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    assert "fink-portal" not in out
    out = show(directory, capsys, "1")[1]
    assert "[red]evil" in out and "\x1b" not in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing"], "'nothing' is no object, candid or event of this run; looked through "
         "ztf 20180201 to 20180202 (2 nights), 1 event in "),
        (["3"], "'3' is no object, candid"),
        (["../skymaps/sim"], "is no object"),
        (["\x1b[31m" + "x" * 100], "'\\x1b[31mxxx"),
        ([NAME, "--survey", "lsst"], "is no object or candid of lsst of this run; looked through "
         "no night in "),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_in_a_line(directory, capsys, words, told):
    status, out, err = show(directory, capsys, *words)
    assert (status, out) == (1, "")
    assert told in err and err.count("\n") == 1 and len(err) < 300 and "\x1b" not in err


def test_an_event_whose_scan_failed(directory, capsys):
    log = directory / "logs/scan/bad.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("ValueError: no pulses\n")
    err = show(directory, capsys, "bad")[2]
    assert err.startswith("nightmill: event bad has no skymap: ValueError: no pulses (")


def test_damaged_results_are_named(directory, capsys, tmp_path):
    shutil.copytree(directory / "results", tmp_path / "results")
    table = tmp_path / "results/alerts/ztf/20180201/0000.parquet"
    table.write_bytes(table.read_bytes()[:3000])
    status, _, err = show(tmp_path, capsys, NAME)
    assert status == 1 and f"{table}: is no whole parquet file" in err
    summary = tmp_path / "results/skymaps/sim/summary.json"
    summary.write_text("{")
    shutil.rmtree(tmp_path / "results/alerts")
    assert f"{summary}: is no JSON" in show(tmp_path, capsys, "sim")[2]


@pytest.mark.parametrize("name", [NAME, "1", HOSTILE], ids=["object", "candid", "hostile"])
def test_files_of_an_alert(directory, capsys, tmp_path, name):
    png, html = tmp_path / "a.png", tmp_path / "a.html"
    status, out, _ = show(directory, capsys, name, "--png", str(png), "--html", str(html))
    assert status == 0
    assert out == f"picture: {png}\npage: {html}\n"
    with Image.open(png) as picture:
        assert picture.format == "PNG" and min(picture.size) > 500
    page = check_page(html.read_text())
    assert len(page.images) == (3 if name == NAME else 0)
    assert "Light curve" in html.read_text()


def test_files_of_an_event(directory, capsys, tmp_path):
    png, html = tmp_path / "e.png", tmp_path / "e.html"
    written = ["--png", str(png), "--html", str(html)]
    status, _, err = show(directory, capsys, "sim", *written)
    assert status == 1
    assert "'sim' stands for packet 77 of ztf, event sim: say which by --survey" in err
    (directory / "results/skymaps/sim").rename(directory / "results/skymaps/other")
    try:
        assert show(directory, capsys, "other", *written)[0] == 0
    finally:
        (directory / "results/skymaps/other").rename(directory / "results/skymaps/sim")
    folder = directory / "results/skymaps/sim"
    assert png.read_bytes() == (folder / "zoom.png").read_bytes()
    page = check_page(html.read_text())
    assert len(page.images) == 2 and "Event: sim" in page.text


def in_terminal(directory, *words, columns=80, **environment):
    """Return what is written to a terminal of 256 colours."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipeline.cli.main", "show", *words]
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    for name in ("NO_COLOR", "COLORTERM"):
        if name not in environment:
            variables.pop(name, None)
    process = subprocess.Popen(
        [*command, "--directory", str(directory)], stdout=theirs, stderr=theirs, env=variables
    )
    os.close(theirs)
    out = b""
    try:
        while got := os.read(ours, 1 << 16):
            out += got
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0, out
    return out.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 120])
def test_stamps_in_a_terminal(directory, columns):
    out = in_terminal(directory, NAME, columns=columns)
    plain = re.sub("\x1b\\[[0-9;]*m", "", out).splitlines()
    halves = [line for line in plain if "▀" in line]
    width = min(42, columns // 3 - 2)
    assert len(halves) == round(width / 2)
    assert {line.count("▀") for line in halves} == {3 * width}
    assert "science" in out and "\x1b[32m●" in out
    assert widest(plain) <= columns


def test_a_terminal_without_colours(directory):
    out = in_terminal(directory, NAME, TERM="dumb")
    assert "▀" not in out and "\x1b" not in out and "●" in out


def test_a_terminal_that_has_no_such_letters(directory):
    out = in_terminal(directory, NAME, TERM="dumb", PYTHONIOENCODING="ascii")
    assert out.isascii() and "?" not in out.replace("search?", "").replace("sim-coo?", "")


def test_a_map_of_anybody(tmp_path, capsys):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("maps: config/maps.tsv\n")
    rows = [
        ("event", "stream", "ra", "dec", "radius", "time", "known"),
        ("IC231202A", "neutrino", 138.6, 0.15, 1.1, "2023-12-02T17:08:24", ""),
        ("IC231202A", "neutrino", 20, -30, 1.0, "2023-12-02T17:08:24", "2023-12-03T00:00:00"),
    ]
    table = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "config/maps.tsv").write_text(table)
    where = ["--directory", str(tmp_path)]
    (tmp_path / "results").mkdir()
    assert main(["show", "IC231202A", *where]) == 0
    said = capsys.readouterr().out
    assert "neutrino" in said and "2023-12-02 17:08:24.000 UTC" in said
    assert re.search(r"RA, most probable +(19\.9|20\.0)", said)
    assert re.search(r"Dec +-(30\.0|29\.9)", said)
    area = float(re.search(r"90 % +([\d.]+)", said)[1])
    assert area == pytest.approx(np.pi, rel=0.03)
    page = tmp_path / "map.html"
    assert main(["show", "IC231202A", "--html", str(page), *where]) == 0
    assert "most probable" in page.read_text()
    check_page(page.read_text())
    assert main(["show", "IC231202A", "--png", str(tmp_path / "map.png"), *where]) == 1
    assert "there is no picture" in capsys.readouterr().err
    assert main(["show", "IC1", *where]) == 1
    assert "1 map of maps.tsv" in capsys.readouterr().err
    (tmp_path / "config/maps.tsv").write_text("event\n")
    assert main(["show", "IC1", *where]) == 1
    assert "no object, candid or event" in capsys.readouterr().err
