"""What the pictures of a skymap show, and where: looked up in the figures themselves."""

import re
from dataclasses import replace

import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.visualization.wcsaxes import WCSAxes
from test_skymaps_events import event

from pipeline.sky import healpix
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.map.cells import Cells
from pipeline.skymaps.map.levels import CALIBRATED, wilks_levels
from pipeline.skymaps.map.skymap import make_skymap
from pipeline.skymaps.products import frame, sky_picture, zoom_picture
from pipeline.skymaps.products import inset as inset_module
from pipeline.skymaps.products.pictures import LINES, Caption, Mark
from pipeline.skymaps.scan.results import PIXEL_DTYPE, Part, State

CAPTION = Caption("IC230225A", "pandel_spe1st")


def skymap(*islands, width=2.0, calibrated=False):
    """Make a map of round islands: (right ascension, declination [deg], depth of 2Δllh)."""
    state, fine = State(), 64 if width < 3 else 16
    for nside in (8, fine):
        index = np.arange(12 * nside**2)
        where = SkyCoord(*healpix.pixel_to_lonlat(nside, index), unit="deg")
        depths = [
            depth + (where.separation(SkyCoord(ra, dec, unit="deg")).deg / width) ** 2
            for ra, dec, depth in islands
        ]
        depth = np.min(depths, axis=0)
        if nside == fine:  # whole cells of nside 8, as a scan refines them
            cell = healpy.ring2nest(fine, index) // (fine // 8) ** 2
            index = index[np.isin(cell, cell[depth < 15])]
        rows = np.zeros(len(index), PIXEL_DTYPE)
        rows["nside"], rows["index"], rows["llh"] = nside, index, 100 + depth[index] / 2
        state.add([Part(rows)])
    levels = wilks_levels()
    if calibrated:
        source = "calibrated with 200 simulated tracks of 20 to 90 DOMs (pandel_spe1st)"
        levels = replace(levels, source=source, calibrated=True, meaning=CALIBRATED)
    return make_skymap(event(), parse_nsides(f"8:0 {fine}:12"), state, levels)


@pytest.fixture
def figure_of(monkeypatch):
    """Return a function that draws a picture and returns its figure."""

    def draw(module, *arguments, caption=CAPTION):
        caught = []
        monkeypatch.setattr(frame, "save", lambda figure, path: caught.append(figure))
        draw_picture = module.draw_sky if module is sky_picture else module.draw_zoom
        draw_picture(arguments[0], "x.png", caption, *arguments[1:])
        caught[0].draw_without_rendering()
        return caught[0]

    return draw


def words(figure):
    return [text.get_text() for text in figure.texts] + [
        text.get_text() for legend in figure.legends for text in legend.get_texts()
    ]


FIT = Mark("IceCube's OnlineL2_SplineMPE", "fit", 118.0, 30.5)


@pytest.mark.parametrize("module", [sky_picture, zoom_picture])
@pytest.mark.parametrize("calibrated", [False, True])
def test_what_the_words_say(figure_of, module, calibrated):
    figure = figure_of(module, skymap((120.0, 30.0, 0.0), calibrated=calibrated), [FIT])
    text = "\n".join(words(figure))
    for part in ("IC230225A", "run 1, event 5 (track, simulated)", "2023-02-25 06:00:00 UTC"):
        assert part in text
    assert "reconstruction: pandel_spe1st" in text
    source = "calibrated with 200" if calibrated else "Wilks' theorem, 2 degrees of freedom"
    assert f"contours: {source}" in text
    assert ("UNCALIBRATED CONTOURS" in text) is not calibrated
    assert "IceCube's OnlineL2_SplineMPE:\n118.00°, +30.50°, 2.0° off" in text
    assert re.search(r"best fit( \(ring\))?: 1(19|20)\.\d\d°, \+(29|30)\.\d\d°", text) or (
        module is sky_picture
    )
    assert "90 %: " in text and "2Δllh = 4.61" in text


@pytest.mark.parametrize("limits", ["", "pointed: nside 64 only, within 3.5 deg of the seed"])
@pytest.mark.parametrize("width", [0.3, 2.0, 12.0])
@pytest.mark.parametrize("module", [sky_picture, zoom_picture])
def test_nothing_covers_the_data_and_all_is_on_the_page(figure_of, module, width, limits):
    long = replace(wilks_levels(), source="uncalibrated: event has 226 DOMs, calibration made of "
                   "20 to 87 (200 simulated tracks, pandel_spe1st)")  # fmt: skip
    drawn, caption = skymap((120.0, 30.0, 0.0), width=width), replace(CAPTION, limits=limits)
    figure = figure_of(module, replace(drawn, levels=long), [FIT], caption=caption)
    assert limits in words(figure) or not limits
    data, page = figure.axes[0].get_window_extent(), figure.bbox
    boxes = [item.get_window_extent() for item in (*figure.texts, *figure.legends)]
    for box in boxes:
        assert not box.overlaps(data)
        assert page.x0 <= box.x0 and box.x1 <= page.x1
        assert page.y0 <= box.y0 and box.y1 <= page.y1
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize("module", [sky_picture, zoom_picture])
def test_the_best_fit_lies_on_top_of_the_marks(figure_of, module):
    figure = figure_of(module, skymap((120.0, 30.0, 0.0), width=12.0), [FIT])
    symbols = [line for line in figure.axes[0].lines if line.get_marker() in ("*", "+")]
    on_top = max(symbols, key=lambda line: line.get_zorder())  # of equals the last is on top
    last = [line for line in symbols if line.get_zorder() == on_top.get_zorder()][-1]
    assert last.get_marker() == "*"


def contour_lines(axes):
    colours = {style["color"] for style in LINES.values()}
    return [line for line in axes.lines if line.get_color() in colours]


@pytest.mark.parametrize(
    "islands",
    [[(0.2, 62.0, 0.0)], [(40.0, -88.0, 0.0)], [(250.0, -20.0, 0.0), (300.0, -50.0, 1.5)]],
)
def test_all_of_the_region_is_seen_and_east_is_left(figure_of, islands):
    drawn = skymap(*islands, width=4.0)
    figure = figure_of(zoom_picture, drawn)
    axes = figure.axes[0]
    assert isinstance(axes, WCSAxes)
    lines = contour_lines(axes)
    assert len(lines) == sum(len(contour.polygons) for contour in drawn.contours.values())
    for line in lines:
        x, y = line.get_data()
        assert (np.abs(np.array([x, y]) - zoom_picture.PIXELS / 2) < zoom_picture.PIXELS / 2).all()
    here, east = axes.wcs.world_to_pixel_values([drawn.ra, drawn.ra + 0.1], [drawn.dec] * 2)
    north = axes.wcs.world_to_pixel_values(drawn.ra, drawn.dec + 0.1)
    if abs(drawn.dec) < 80:
        assert here[1] < here[0]
        assert north[1] > east[0]


@pytest.mark.parametrize(("dec", "width"), [(-35.0, 10.0), (-87.0, 3.0), (5.0, 16.0)])
def test_labels_of_a_wide_view_stand_on_their_lines(figure_of, dec, width):
    figure = figure_of(zoom_picture, skymap((20.0, dec, 0.0), width=width))
    axes = figure.axes[0]
    labels = [(t.get_text().replace("−", "-"), *t.get_position()) for t in axes.texts]
    signed = [label for label in labels if label[0][0] in "+-"]
    assert len(signed) >= 2
    assert len(labels) - len(signed) >= 3
    for text, x, y in labels:
        ra, declination = axes.wcs.pixel_to_world_values(x, y)
        value = float(text.rstrip("°"))
        off = (value - ra + 180) % 360 - 180
        if text[0] in "+-":
            assert declination == pytest.approx(value, abs=1e-6)
        elif value or abs(off) < 1e-6:
            assert off == pytest.approx(0, abs=1e-6)
        else:
            assert declination == pytest.approx(0, abs=1e-6)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert all(axes.get_window_extent().contains(*corner) for b in boxes for corner in b.corners())


@pytest.mark.parametrize(("dec", "edge"), [(-41.0, "t"), (41.0, "b")])
def test_right_ascensions_and_declinations_are_not_mixed(figure_of, dec, edge):
    """As they were at the lower edge of a southern region, where meridians meet."""
    axes = figure_of(zoom_picture, skymap((20.0, dec, 0.0), width=7.0)).axes[0]
    side = axes.get_xlim()[1]
    places = [(text.get_text(), text, *text.get_position()) for text in axes.texts]
    signed = [place for place in places if place[0][0] in "+−"]
    others = [place for place in places if place not in signed and place[0] != "0°"]
    assert len(signed) >= 4 and len(others) >= 3
    assert all(x > 0.15 * side for _, _, x, _ in others)  # declinations lie left of that
    at_edge = [y > 0.8 * side if edge == "t" else y < 0.2 * side for *_, y in others]
    assert sum(at_edge) >= 2
    assert axes.coords[0].get_axislabel_position() == [edge]
    for name, text, x, y in others:
        ra, there = axes.wcs.pixel_to_world_values(x, y)
        along = np.subtract(axes.wcs.world_to_pixel_values(ra, there + 0.5), (x, y))
        off = np.degrees(np.arctan2(along[1], along[0])) - text.get_rotation()
        assert (off + 90) % 180 - 90 == pytest.approx(0, abs=2), name


@pytest.mark.parametrize(("dec", "width"), [(0.0, 0.3), (-56.0, 1.0), (62.0, 2.0)])
def test_ticks_of_a_narrow_view(figure_of, dec, width):
    axes = figure_of(zoom_picture, skymap((20.0, dec, 0.0), width=width)).axes[0]
    assert not axes.texts
    for coordinate, edge in zip(axes.coords, "bl", strict=True):
        spoken = coordinate._ticklabels.text[edge]
        assert 3 <= len(spoken) <= 12
        assert len(set(spoken)) == len(spoken)


def test_labels_of_the_whole_sky_stand_on_their_parallels(figure_of):
    axes = figure_of(sky_picture, skymap((180.0, 0.0, 0.0), width=12.0)).axes[0]
    boxes = {t.get_text(): t.get_window_extent() for t in axes.texts}
    contours = max(line.get_zorder() for line in contour_lines(axes))
    assert min(t.get_zorder() for t in axes.texts) > contours
    for dec in range(-75, 90, 15):
        box = boxes[f"{dec:+d}°".replace("-", "−") if dec else "0°"]
        x, y = axes.transData.transform((-np.pi, np.radians(dec)))
        assert (box.y0 + box.y1) / 2 == pytest.approx(y, abs=2)
        corner = (box.x1, box.y1 if dec < 0 else box.y0)  # the nearest to the map
        assert box.x1 < x and not axes.patch.contains_point(corner)
    for ra in range(30, 360, 30):
        box, x = boxes[f"{ra}°"], axes.transData.transform((np.radians(180 - ra), 0))[0]
        assert (box.x0 + box.x1) / 2 == pytest.approx(x, abs=2)


@pytest.mark.parametrize("module", [sky_picture, zoom_picture])
def test_sky_that_was_not_scanned_is_hatched_and_in_the_legend(figure_of, module):
    whole = skymap((120.0, 30.0, 0.0))
    here = whole.separation(*whole.cells.positions()) < 3.5  # as a pointed scan's
    cells = whole.cells
    cut = Cells(cells.nside[here], cells.nested[here], cells.two_delta_llh[here])
    for drawn, hatched in ((whole, False), (replace(whole, cells=cut), True)):
        figure = figure_of(module, drawn)
        assert ("not scanned" in words(figure)) is hatched
        assert bool(figure.axes[0].patch.get_hatch()) is hatched


def test_a_small_region_has_a_ring_and_no_symbol_upon_it(figure_of):
    near, far = FIT, Mark("truth", "truth", 150.0, -10.0)
    axes = figure_of(sky_picture, skymap((118.0, 30.0, 0.0), width=0.6), [near, far]).axes[0]
    symbols = [line.get_marker() for line in axes.lines if line.get_marker() not in ("", "None")]
    assert sorted(symbols) == ["X", "o"]
    wide = figure_of(sky_picture, skymap((118.0, 30.0, 0.0), width=6.0), [near, far]).axes[0]
    symbols = [line.get_marker() for line in wide.lines if line.get_marker() not in ("", "None")]
    assert sorted(symbols) == ["*", "+", "X"]


@pytest.mark.parametrize("place", [(118.0, 30.0), (2.0, 75.0), (200.0, -60.0)])
def test_a_small_region_is_enlarged_where_nothing_else_is(figure_of, place):
    limits = "result without a header: time not known, declination perhaps mirrored; compare it"
    caption = replace(CAPTION, limits=limits)
    figure = figure_of(sky_picture, skymap((*place, 0.0), width=0.3), caption=caption)
    sky, inset, _ = figure.axes
    box, ellipse = inset.get_window_extent(), sky.get_window_extent()
    middle = np.array([ellipse.x0 + ellipse.x1, ellipse.y0 + ellipse.y1]) / 2
    corner = (np.array([box.x0, box.y0]) - middle) / [ellipse.width / 2, ellipse.height / 2]
    assert np.hypot(*corner) > 1
    assert figure.bbox.x1 > box.x1 and figure.bbox.y1 > box.y1
    for item in (*figure.texts, *figure.legends):
        assert not box.overlaps(item.get_window_extent())
    ninety = [line for line in inset.lines if line.get_color() == LINES["90"]["color"]]
    x, y = np.concatenate([line.get_xydata() for line in ninety]).T
    assert np.ptp(x) > 0.1 * inset_module.PIXELS and np.ptp(y) > 0.1 * inset_module.PIXELS
    (width,) = re.findall(r"(\d+\.\d)° wide", inset.texts[0].get_text())
    assert 2 <= float(width) < 2 * sky_picture.SMALL * 1.25
    wide = figure_of(sky_picture, skymap((*place, 0.0), width=6.0))
    assert len(wide.axes) == 2  # the sky and the key of its colours


def test_the_colours_end_soon_after_the_contours(figure_of):
    drawn = skymap((118.0, 30.0, 0.0), width=1.0)  # 2Δllh of the far sky: thousands
    for module, factor in ((sky_picture, 10), (zoom_picture, 3)):
        axes = figure_of(module, drawn).axes[0]
        image = (axes.images or axes.collections)[0]
        assert image.get_clim() == (0, pytest.approx(factor * 11.829, rel=1e-4))
