"""The page as a file: safe whatever names it is given, null-safe, the same bytes again, small."""

import json
import re
from base64 import b64encode
from pathlib import Path

import numpy as np
from page_html import check_page
from PIL import Image

from pipeline.contract.blocks import (
    Column,
    Copy,
    Histogram,
    Lines,
    Outline,
    Section,
    Sky,
    Table,
    Words,
    plain,
)
from pipeline.report import page as page_module
from pipeline.report import sky_map
from pipeline.report.index import in_script, make_index
from pipeline.report.light_curve import draw
from pipeline.report.links import links
from pipeline.report.mollweide import project, unproject
from pipeline.report.page import Shown, make_page
from pipeline.report.parts import Part
from pipeline.report.render import ONE, render
from pipeline.report.stamp import NO_DATA, stamp_png

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "x" * 10_000,
    "{{ 7 * 7 }}", "&lt;b&gt;", "ZTF18aaaaaaa\u2028", "</style><style>", "",
]  # fmt: skip
STAMP = b64encode(stamp_png(np.arange(63 * 63).reshape(63, 63).astype(float))).decode()


def card(candid, object_id, points=60, **more):
    curve = [
        [58000 + 1.5 * i, f"ztf{'gr'[i % 2]}", ("detection", "limit", "forced")[i % 3],
         18.0 + i / 50, None if i % 3 == 1 else 0.1, i % 4 != 0]
        for i in range(points)
    ]  # fmt: skip
    table = Table("Scores", [Column("model"), Column("score", 3)], [["braai", 0.98]])
    return {
        "candid": candid, "object_id": object_id, "jd": 2458150.5, "ra": 10.0, "dec": -5.0,
        "l": 1.0, "b": 2.0, "mag": 18.1, "magerr": 0.1, "band": "ztfr", "positive": True,
        "first_seen": 2458140.5, "values": [["drb", 0.9, 3]],
        "stamps": dict.fromkeys(("science", "template", "difference"), STAMP), "no_stamps": {},
        "points": curve, "tables": plain([table]), **more,
    }  # fmt: skip


def written(folder, cards, name="20180201", survey="ztf", parts=(), inputs=None):
    """Write a page of some cards; return its text and its numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    facts, objects = folder / "facts.json", folder / "objects.json"
    facts.write_text(json.dumps({"alerts": {"span": [2458150.0, 2458151.0]}}))
    lists = [{"name": "Best", "words": "by age", "number": len(cards),
              "candids": [c["candid"] for c in cards], "values": [1.0] * len(cards)}]  # fmt: skip
    objects.write_text(json.dumps({"lists": lists, "objects": cards}))
    html, numbers = folder / "page.html", folder / "page.json"
    shown = Shown(survey, name, facts, objects, (), inputs or {}, {"a.b": "<1>"}, "abc")
    make_page(shown, parts, html, numbers)
    return html.read_text(), json.loads(numbers.read_text())


def hostile_section(reads):
    """Make a section of a domain whose every word is hostile."""
    table = Table(HOSTILE[0], [Column(HOSTILE[1]), Column("n")], [[h, 1] for h in HOSTILE])
    sky = Sky("sky", 2, [0, 5], [1, 9])
    ring = [(359.0, 1.0), (1.0, 1.0), (1.0, -1.0), (359.0, -1.0)]
    blocks = [table, Words(HOSTILE[0]), Lines(HOSTILE), Copy(HOSTILE[1], HOSTILE[0]), sky]
    outlines = [Outline(HOSTILE[0], 0.0, 0.0, [ring]), Outline(HOSTILE[1], 200.0, -89.0, [])]
    return Section(blocks, HOSTILE, HOSTILE, HOSTILE, outlines, [HOSTILE[:3]])


def test_hostile_names(tmp_path):
    some = {"template": STAMP, "difference": STAMP}
    cards = [
        card(i, name, no_stamps={"science": name}, stamps=some, band=name or None)
        for i, name in enumerate(HOSTILE)
    ]
    parts = [Part("bad", {"section": f"{__name__}:hostile_section"}, {}, HOSTILE[0])]
    text, numbers = written(tmp_path, cards, parts=parts)
    page = check_page(text)
    assert "<script>alert(1)</script>" in page.text  # as text
    assert "49" not in page.text.split("7 * 7")[0][-5:]
    assert "x" * 2500 not in text
    assert "(10,000 letters)" in page.text
    assert numbers["objects"][3]["object_id"] == HOSTILE[3]  # the numbers keep it whole


def test_control_characters_are_written_out(tmp_path):
    """They are no markup, but turn the direction of writing; a NUL is an error of HTML."""
    name = "\x00nul \x1b[31m \u202egnol \x9b"
    text, _ = written(tmp_path, [card(10**17, name)])
    assert r"\x00nul \x1b[31m \u202egnol \x9b" in text
    assert all(c.isprintable() or c == "\n" for c in text)


def test_nothing_is_there(tmp_path):
    html, numbers = tmp_path / "ztf/1.html", tmp_path / "ztf/1.json"
    make_page(Shown("ztf", "1", tmp_path / "no", tmp_path / "no"), [], html, numbers)
    page = check_page(html.read_text())
    assert "No alert of this night" in page.text
    assert "worth a card" in page.text
    assert json.loads(numbers.read_text())["objects"] == []


def test_nulls_everywhere(tmp_path):
    names = ("object_id", "mag", "magerr", "band", "positive", "first_seen")
    bare = card(1, None, points=0, stamps={}, tables=[], values=[])
    bare |= dict.fromkeys(names)
    bare["no_stamps"] = dict.fromkeys(("science", "template", "difference"), "no stamps")
    page = check_page(written(tmp_path, [bare])[0])
    assert "No point of the light curve" in page.text


def test_a_hundred_objects_are_small_and_the_same_again(tmp_path):
    cards = [card(i, f"ZTF18aaaaa{i:02d}"[:12]) for i in range(100)]
    text, _ = written(tmp_path / "a", cards)
    again, _ = written(tmp_path / "b", cards)
    assert text.replace(str(tmp_path / "a"), "") == again.replace(str(tmp_path / "b"), "")
    assert len(text) < 5e6


def test_every_number_is_in_the_json(tmp_path):
    text, numbers = written(tmp_path, [card(7, "ZTF18aaaaaaa")])
    one = numbers["objects"][0]
    assert one["tables"][0]["rows"] == [["braai", 0.98]]
    assert len(one["points"]) == 60
    assert "stamps" not in one
    assert numbers["parts"]["origin"][0]["block"] == "table"
    assert "<1>" not in text.split("Configuration, where")[1].split("</table>")[0]


def test_links_are_of_checked_names():
    there = dict(links("ztf", "ZTF18abcdefg", 10.5, -5.25))
    assert there["Fink"] == "https://ztf.fink-portal.org/ZTF18abcdefg"
    assert "ra=10.500000&decl=-5.250000" in there["TNS"]
    assert "Coord=10.500000+-5.250000" in there["SIMBAD"]
    assert "Coord=10.500000+%2B5.250000" in dict(links("ztf", None, 10.5, 5.25))["SIMBAD"]
    assert dict(links("lsst", "170028", 1, 1))["Fink"] == "https://lsst.fink-portal.org/170028"
    for name in (*HOSTILE, "ZTF18abcdefg/../x", "ZTF18abcdefg\n", None):
        assert {n for n, _ in links("ztf", name, 1, 1)} == {"TNS", "SIMBAD"}


def test_light_curve_has_every_point():
    points = card(1, "x")["points"]
    drawn = draw(points, 58030.0)
    moves = {s.form: s.path.count("M") for s in drawn.symbols}
    total = {}
    for symbols in drawn.symbols:
        total[symbols.form] = total.get(symbols.form, 0) + symbols.path.count("M")
    kinds = [p[2] for p in points]
    fainter = sum(p[2] == "detection" and p[5] is False for p in points)
    assert total["small"] == kinds.count("forced")
    assert total["hollow"] == kinds.count("limit") + fainter
    assert total["filled"] == kinds.count("detection") - fainter
    assert total["errors"] == kinds.count("detection")
    assert moves and [name for *_, name in drawn.bands] == ["ztfg", "ztfr"]
    assert draw([], 58030.0) is None
    bright, faint = ({t[1]: t[0] for t in drawn.left}[k] for k in ("18", "19"))
    assert bright < faint  # bright is above


def test_stamp_is_north_up_and_marks_what_is_not_there(tmp_path):
    image = np.zeros((9, 9))
    image[8, 0] = 100.0  # the last row is the top
    image[0, 8] = np.nan
    (tmp_path / "s.png").write_bytes(stamp_png(image))
    with Image.open(tmp_path / "s.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels[0, 0].tolist() == [254] * 3
    assert pixels[8, 8].tolist() == list(NO_DATA)
    assert stamp_png(np.full((5, 5), np.nan)) and stamp_png(np.zeros((1, 1)))


def test_projection_and_back():
    random = np.random.default_rng(2)
    ra, dec = random.uniform(0, 360, 500), np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    back_ra, back_dec, inside = unproject(*project(ra, dec))
    assert inside.all()
    assert np.abs(back_dec - dec).max() < 1e-4
    assert (np.abs((back_ra - ra + 180) % 360 - 180) * np.cos(np.radians(dec))).max() < 1e-4


def test_planes_lie_where_latitudes_are_null():
    from astropy.coordinates import SkyCoord

    points = SkyCoord(l=np.arange(0, 360, 30), b=0, frame="galactic", unit="deg").icrs
    x, y = project(points.ra.deg, points.dec.deg)
    line = np.array([p.replace("L", " ").replace("M", " ").split()
                     for p in sky_map._plane(*sky_map.GALACTIC_POLE).replace("M", "L").split("L")
                     if p], dtype=float)  # fmt: skip
    distance = np.hypot(line[:, 0] - x[:, None], line[:, 1] - y[:, None]).min(axis=1)
    assert distance.max() < 8  # of 800: points on a line are a few pixels apart


def numbers_of(path, night, names):
    path.parent.mkdir(parents=True, exist_ok=True)
    objects = [{"object_id": n, "candid": 10**17 + i} for i, n in enumerate(names)]
    page = {"survey": "ztf", "night": night, "span": [1.0, float(night)], "alarms": [],
            "problems": ["p"], "looked": ["1 alert"], "objects": objects}  # fmt: skip
    path.write_text(json.dumps(page))
    return path


def test_index_is_safe_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.report.index.MOST_OBJECTS", len(HOSTILE) + 2)
    pages = [numbers_of(tmp_path / f"{n}.json", str(n), HOSTILE) for n in (1, 2, 3)]
    log = tmp_path / "logs/scan/<b>.log"
    log.parent.mkdir(parents=True)
    log.write_text("ERROR failed after 12.5 s; 11.0 CPU s, at most 1.25 GB\nTraceback\n")
    (tmp_path / "logs/index.log").write_text("INFO done in 2.0 s; 1.0 CPU s, at most 0.10 GB\n")
    (tmp_path / "logs/running.log").write_text("INFO 7 of 9\n")
    paths = [*pages, tmp_path / "missing.json"]
    assert make_index(paths, {}, [], tmp_path / "logs", tmp_path / "index.html") == 3
    text = (tmp_path / "index.html").read_text()
    page = check_page(text, scripts=2)
    assert "scan 1 11.0 12.5 <b> 1.25 index 1 1.0 2.0 – 0.10" in page.text
    assert "scan <b> logs/scan/<b>.log" in page.text
    assert [a["href"] for a in page.links if a["href"].endswith("html")] == [
        "ztf/3.html", "ztf/2.html", "ztf/1.html"
    ]  # fmt: skip
    data = json.loads(text.split('id="objects">')[1].split("</script>")[0])
    assert [night for night, _ in data] == ["ztf/3.html"]
    assert data[0][1][0] == [HOSTILE[0], str(10**17)]
    assert "x" * 100 not in text
    assert "18 of older nights are left out" in page.text


def test_data_cannot_leave_its_script():
    text = in_script({"</script><!--": "\u2028&"})
    assert "<" not in text and "&" not in text and "\u2028" not in text
    assert json.loads(text) == {"</script><!--": "\u2028&"}


def test_templates_are_part_of_the_code():
    from pipeline.contract.provenance import source_hash

    before = source_hash("pipeline.report.jobs:report_night")
    style = Path(page_module.__file__).parent / "data/page.css"
    content = style.read_bytes()
    try:
        style.write_bytes(content + b" ")
        from pipeline.contract import provenance

        provenance._read.cache_clear()
        assert source_hash("pipeline.report.jobs:report_night") != before
    finally:
        style.write_bytes(content)
        provenance._read.cache_clear()
    assert source_hash("pipeline.report.jobs:report_night") == before
    assert source_hash("pipeline.report.jobs:gather_night") != before


def test_histogram_without_anything():
    from pipeline.report.histogram import draw as bars

    assert bars(Histogram("h", "x", [0.0, 1.0, 2.0], [0, 0])).bars == ""


def test_what_lacks_stands_where_its_column_does():
    columns = [Column(name) for name in ("name", "number", "never", "word")]
    rows = [["first", None, None, None], ["second", 2.5, None, "as long as there is room for it"]]
    text = render_table(Table("Some", columns, rows))
    heads = re.findall(r'<th scope="col"( class="n")?>(\w+)', text)
    assert heads == [("", "name"), (' class="n"', "number"), (' class="n"', "never"), ("", "word")]
    assert re.findall(r'<td class="(\w)">', text) == ["n", "n", "w", "n", "n", "t"]


def render_table(table):
    return render(ONE, title="t", of="o", object=None, blocks=[table])
