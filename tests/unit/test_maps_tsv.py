"""Lines of maps.tsv: files, error circles, our own events by name; revisions."""

import mapfiles
import pytest

from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.events.domain import EventRow
from pipeline.maps.domain import MAPS, map_named, maps
from pipeline.maps.source import MapSource, newest, open_map
from pipeline.plan.check import check_request
from pipeline.plan.load import load_config, load_lines
from pipeline.sky.maps.errors import MapError

COLUMNS = tuple(MAPS.lines[0].model.model_fields)


def lines(tmp_path, *rows):
    path = tmp_path / "maps.tsv"
    text = ["\t".join(COLUMNS), *("\t".join(str(r.get(c, "")) for c in COLUMNS) for r in rows)]
    path.write_text("\n".join(text) + "\n")
    return load_lines(str(path), MAPS.lines[0])


def request(rows=(), events=()):
    own = tuple(EventRow(event=name, path="e.json") for name in events)
    config = load_config({"maps": "maps.tsv", "events": "events.tsv"})
    return Request(config, {"maps": tuple(rows), "events": own})


FILE = {"event": "S1", "stream": "gw", "path": "s1.fits"}
CIRCLE = {
    "event": "IC1", "stream": "neutrino", "ra": 10, "dec": -5, "radius": 2,
    "time": "2024-01-15T06:00:00",
}  # fmt: skip


def test_lines(tmp_path):
    rows = lines(
        tmp_path,
        FILE | {"end": 7, "level": 0.9, "known": "2024-01-15T07:00:00"},
        CIRCLE | {"containment": 0.5},
        {"event": "own", "stream": "neutrino"},
    )
    file, circle, own, other = maps(request(rows, ["own", "other"]))
    assert (file.path, file.window, file.level) == ("s1.fits", (0, 7), 0.9)
    assert file.mjd is None and file.known == pytest.approx(60324 + 7 / 24)
    assert (circle.path, circle.mjd, circle.window) == (None, 60324.25, (0, 10))
    assert (circle.ellipse.major, circle.ellipse.containment, circle.level) == (2, 0.5, 0.95)
    assert own.path == "results/skymaps/own/skymap.multiorder.fits"
    assert other.path == "results/skymaps/other/skymap.multiorder.fits"
    check_request(request(rows, ["own"]))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (FILE | {"stream": "gws"}, "stream"),
        (FILE | {"event": "a/b"}, "event"),
        (FILE | CIRCLE, "a file or an error circle, not both"),
        (CIRCLE | {"dec": ""}, "an error circle needs all three"),
        (CIRCLE | {"dec": 91}, "dec"),
        (CIRCLE | {"radius": 0}, "radius"),
        (CIRCLE | {"radius": 179}, "expected positive ones"),
        (CIRCLE | {"containment": 1}, "containment"),
        (CIRCLE | {"time": ""}, "time: an error circle has none"),
        (CIRCLE | {"time": "yesterday"}, "2024-01-15T08:00:00"),
        (FILE | {"known": "60324.25"}, "2024-01-15T08:00:00"),
        (FILE | {"level": 95}, "level"),
        (FILE | {"start": 3, "end": 1}, "window from 3.0 to 1.0"),
    ],
)
def test_wrong_lines(tmp_path, row, words):
    with pytest.raises(ConfigError, match=rf"maps.tsv, line 2: .*{words}"):
        lines(tmp_path, row)


def test_names(tmp_path):
    with pytest.raises(ConfigError, match="maps.tsv: event S1 stands there twice"):
        lines(tmp_path, FILE, FILE | {"path": "other.fits"})
    rows = lines(tmp_path, {"event": "nobodys", "stream": "grb"})
    with pytest.raises(ConfigError, match="maps.tsv: event nobodys: neither path nor ra"):
        check_request(request(rows, ["own"]))


def test_revisions(tmp_path):
    rows = lines(
        tmp_path,
        FILE | {"known": "2024-01-16T00:00:00", "path": "third.fits"},
        FILE | {"path": "first.fits"},
        FILE | {"known": "2024-01-15T00:00:00", "path": "second.fits"},
    )
    asked = request(rows)
    assert map_named(asked, "S1").path == "third.fits"
    for as_of, path in ((60324.5, "second.fits"), (60323.0, "first.fits"), (None, "third.fits")):
        (found,) = newest(maps(asked), as_of).values()
        assert found.path == path
    with pytest.raises(ConfigError, match="no map of an event 'S2' .*: S1"):
        map_named(asked, "S2")
    with pytest.raises(ConfigError, match="there is none$"):
        map_named(request(), "S2")
    without = Request(load_config({"events": "events.tsv"}), {"maps": (), "events": ()})
    with pytest.raises(ConfigError, match="names no maps.tsv: write `maps: config/maps.tsv`$"):
        map_named(without, "S2")
    assert newest([MapSource("a", "gw", "x", known=60000.0)], 50000.0) == {}


def test_maps_are_opened(tmp_path):
    (tmp_path / "s1.fits").write_bytes(mapfiles.multiorder())
    file, circle = maps(request(lines(tmp_path, FILE, CIRCLE)))
    found = open_map(file, tmp_path)
    assert (found.name, found.mjd) == ("S1", None) and "no time" in found.account.notes[0]
    found = open_map(circle)
    assert (found.name, found.mjd) == ("IC1", 60324.25)
    assert found.at(10, -5).level < 0.01
    dated = maps(request(lines(tmp_path, FILE | {"time": "2024-01-15T06:00:00Z"})))[0]
    found = open_map(dated, tmp_path)
    assert (found.mjd, found.account.notes) == (60324.25, ())
    with pytest.raises(FileNotFoundError, match="nope.fits: no such map"):
        open_map(MapSource("a", "gw", "nope.fits"), tmp_path)
    with pytest.raises(MapError, match="neither a file nor"):
        open_map(MapSource("a", "gw", None))
