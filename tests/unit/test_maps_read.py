"""Maps of any form are read alike, and what is no map is refused in words that help."""

import base64
import gzip
import json

import numpy as np
import pytest
from mapfiles import NSIDE, blob, flat, multiorder, table

from pipeline.sky.maps.cells import SQUARE_DEGREE
from pipeline.sky.maps.errors import MapError
from pipeline.sky.maps.read import read_map

healpy = pytest.importorskip("healpy")
RNG = np.random.default_rng(1)
RA, DEC = RNG.uniform(0, 360, 500), np.degrees(np.arcsin(RNG.uniform(-1, 1, 500)))
AREA = np.pi / 3 / NSIDE**2


@pytest.fixture
def read(tmp_path):
    def reader(data: bytes, name: str = "map.fits"):
        (tmp_path / name).write_bytes(data)
        return read_map(tmp_path / name)

    return reader


def expected(nside=NSIDE):
    return blob(nside)[healpy.ang2pix(nside, RA, DEC, nest=True, lonlat=True)] / AREA


def in_rows(values, width):
    return (f"{width}E", None, values.reshape(-1, width))


EXPLICIT = {"ORDERING": "RING", "NSIDE": NSIDE, "INDXSCHM": "EXPLICIT"}
SHUFFLED = np.random.default_rng(2).permutation(12 * NSIDE**2)
FORMS = {
    "nested": flat(),
    "ring": flat(ordering="RING"),
    "gzip": gzip.compress(flat()),
    "density": flat(blob() / AREA, name="PROBDENSITY", unit="sr-1"),
    "1/deg2": flat(blob() / AREA * SQUARE_DEGREE, name="probdensity", unit="deg^-2"),
    "T": flat(name="T", ordering="RING"),
    "no NSIDE": table({"PROBABILITY": blob()}, {"ORDERING": "NESTED"}),
    "vector": table({"PROB": in_rows(blob(), 1024)}, {"ORDERING": "NEST", "NSIDE": NSIDE}),
    "explicit": table({"PIXEL": SHUFFLED, "PROB": blob(nest=False)[SHUFFLED]}, EXPLICIT),
    "uniq": multiorder(),
    "uniq, shuffled, probabilities": table(
        {"PROB": blob()[SHUFFLED], "UNIQ": 4 * NSIDE**2 + SHUFFLED}, {"ORDERING": "NUNIQ"}
    ),
    "uniq as reals": table(
        {"UNIQ": 4.0 * NSIDE**2 + SHUFFLED, "PROB": blob()[SHUFFLED]}, {"ORDERING": "NUNIQ"}
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(read, form):
    found = read(FORMS[form])
    assert np.allclose(found.at(RA, DEC).density, expected(), rtol=1e-6, atol=1e-9)
    assert found.account.total == pytest.approx(1, abs=1e-6)
    assert (found.account.pixels, found.account.bad) == (12 * NSIDE**2, 0)
    assert found.account.coverage == pytest.approx(1)


def test_stored_numbers_are_scaled(read):
    """TSCAL and TZERO, unsigned integers and nulls."""
    counts = np.arange(12 * NSIDE**2, dtype=np.uint16)
    scaled = read(flat(counts * 0.5 + 1))
    data = table({"PROB": ("I", None, counts.astype(np.int16))}, {"ORDERING": "NESTED"})
    data = with_cards(data, TSCAL1=0.5, TZERO1=1.0)
    assert np.allclose(read(data).density, scaled.density)
    data = with_cards(data, TSCAL1=1, TZERO1=0, TNULL1=7)
    found = read(data)
    assert found.account.bad == 1 and found.account.total == counts.sum() - 7


def with_cards(data: bytes, **cards) -> bytes:
    """Return a file with keywords of its table set, whatever astropy would say."""
    for keyword, value in cards.items():
        card = f"{keyword:8}= {value:>20}".ljust(80).encode()
        at = data.find(f"{keyword:8}=".encode())
        if at < 0:
            at = data.rfind(b"END" + b" " * 77)
            data = data[:at] + card + data[at : at + 80] + data[at + 160 :]
        else:
            data = data[:at] + card + data[at + 80 :]
    return data


def test_a_part_of_the_sky(read):
    """Implicit pixels from FIRSTPIX to LASTPIX; explicit ones; cells of several orders."""
    first, last = 1000, 1999
    cards = {"ORDERING": "NESTED", "NSIDE": NSIDE, "FIRSTPIX": first, "LASTPIX": last}
    some = blob()[first : last + 1]
    found = read(table({"PROB": some}, cards))
    pixel = healpy.ang2pix(NSIDE, RA, DEC, nest=True, lonlat=True)
    inside = (pixel >= first) & (pixel <= last)
    density = np.where(inside, blob()[pixel] / some.sum() / AREA, 0)
    assert np.allclose(found.at(RA, DEC).density, density, rtol=1e-9)
    assert np.all(found.at(RA, DEC).level[~inside] == 1)
    assert found.account.coverage == pytest.approx(1000 / 3072)
    assert any("% of the sky" in note for note in found.account.notes)


def test_distances(read):
    n = 12 * NSIDE**2
    mu, sigma, norm = np.full(n, 100.0), np.full(n, 30.0), np.full(n, 1e-4)
    mu[:5], norm[:5] = np.inf, 0
    columns = {"PROB": blob(), "DISTMU": mu, "DISTSIGMA": sigma, "DISTNORM": norm}
    found = read(table(columns, {"ORDERING": "NESTED", "NSIDE": NSIDE}))
    cell = found.at(RA, DEC).cell
    value = found.distance.density(cell, 120.0)
    from ligo.skymap.distance import conditional_pdf

    pixel = healpy.ang2pix(NSIDE, RA, DEC, nest=True, lonlat=True)
    theirs = conditional_pdf(120.0, mu[pixel], sigma[pixel], norm[pixel])
    assert np.allclose(value[pixel > 4], theirs[pixel > 4], rtol=1e-12)
    assert np.isnan(value[pixel <= 4]).all()
    assert np.isnan(found.distance.density(-1, 120.0))
    assert any("nothing of the distance" in note for note in found.account.notes)


def test_galactic_maps_are_asked_in_the_icrs(read):
    from astropy.coordinates import SkyCoord

    place = SkyCoord(RA, DEC, unit="deg").galactic
    pixel = healpy.ang2pix(NSIDE, place.l.deg, place.b.deg, nest=True, lonlat=True)
    found = read(flat(COORDSYS="G"))
    assert found.frame == "galactic"
    assert np.allclose(found.at(RA, DEC).density, blob()[pixel] / AREA)


@pytest.mark.parametrize(
    ("cards", "mjd", "words"),
    [
        ({"DATE-OBS": "2024-01-15T06:00:00.000"}, 60324.25, None),
        ({"DATE-OBS": "2024-01-15", "MJD-OBS": 60324.25}, 60324.25, None),
        ({"DATE-OBS": "2024-01-15T06:00:00", "MJD-OBS": 60324.35}, 60324.25, r"MJD-OBS is \+8640"),
        ({"MJD-OBS": 0, "EVENTMJD": 60324.5}, 60324.5, None),
        ({"TRIGTIME": 537755817.807014}, 58134.0256112, None),
        ({"TRIGTIME": 0.0}, None, "no time"),
        ({"DATE-OBS": "2024-02-30T06:00:00", "MJD-OBS": "x"}, None, "no time"),
        ({"MJD-OBS": 1e300}, None, "no time"),
    ],
)
@pytest.mark.parametrize("primary", [False, True])
def test_times(read, cards, mjd, words, primary):
    """GRB 180116A triggered at 00:36:52.81 (GCN 22325), MET 537755817."""
    base = {"ORDERING": "NESTED"}
    data = table({"PROB": blob()}, base if primary else base | cards, cards if primary else None)
    found = read(data)
    assert found.mjd == (None if mjd is None else pytest.approx(mjd, abs=1e-7))
    notes = " ".join(found.account.notes)
    assert (words is None and not notes) or __import__("re").search(words, notes)


def test_names(read):
    assert read(flat(OBJECT="G347305")).name == "G347305"
    assert read(flat(OBJECT="FULLSKY", RUNID=134244, EVENTID=7)).name == "134244_7"
    assert read(flat()).name is None


def test_bad_pixels_count_as_0(read):
    values = blob()
    values[[0, 1, 2, 3, 4]] = np.nan, np.inf, -0.1, healpy.UNSEEN, -np.inf
    for data in (
        flat(values),
        multiorder(4 * NSIDE**2 + np.arange(len(values)), values / AREA),
        table({"PIXEL": np.arange(len(values)), "PROB": values},
              EXPLICIT | {"ORDERING": "NESTED"}),
    ):  # fmt: skip
        found = read(data)
        assert found.account.bad == 5
        assert found.account.total == pytest.approx(values[5:].sum())
        lon, lat = healpy.pix2ang(NSIDE, np.arange(5), nest=True, lonlat=True)
        assert np.all(found.at(lon, lat).density == 0)
        assert any("5 pixels are NaN" in note for note in found.account.notes)


IMAGE = flat()[:2880].replace(b"NAXIS   =                    0", b"NAXIS   =                    0")
SOME = np.full(3, 0.1)
REFUSED = {
    "empty": (b"", "expected a FITS file"),
    "text": (b"ra dec level\n", "expected a FITS file"),
    "scan": (b"PK\x03\x04", "likelihoods.*multiorder"),
    "voevent": (b"<?xml version='1.0'?><VOEvent/>", "maps.tsv"),
    "primary": (IMAGE, "no HEALPix table"),
    "half a header": (flat()[:5000], "ends within a header"),
    "half a table": (flat()[:20_000], r"ends after \d+ of 3072 rows"),
    "half a gzip": (gzip.compress(flat())[:2000], "gzip is damaged or ends early"),
    "flipped gzip": (gzip.compress(flat())[:-8] + bytes(8), "gzip is damaged"),
    "no column": (table({"LLH": blob()}, {"ORDERING": "NESTED"}), "no HEALPix table.*PROBDENSITY"),
    "text column": (table({"PROB": ("1A", None, ["a"] * 12)}, {"ORDERING": "RING"}), "no numbers"),
    "length": (flat(blob()[:-5]), "3067 pixels: expected 3072"),
    "other nside": (flat(NSIDE=32), "3072 pixels: expected 12288"),
    "odd nside": (flat(NSIDE=15), "NSIDE is 15: expected a power of 2"),
    "huge nside": (flat(NSIDE=2**31), "NSIDE is 2147483648: expected"),
    "text nside": (flat(NSIDE="16"), "NSIDE is '16'"),
    "no ordering": (table({"PROB": blob()}), "ORDERING is ''"),
    "nuniq without": (flat(ORDERING="NUNIQ"), "ORDERING is 'NUNIQ'.*column UNIQ"),
    "ecliptic": (flat(COORDSYS="E"), "COORDSYS is 'E': expected"),
    "unit": (multiorder(unit="1/arcmin2"), "'1/arcmin2': expected sr-1"),
    "zero": (flat(np.zeros(3072)), "no probability"),
    "all nan": (flat(np.full(3072, np.nan)), "no probability.*3072 of them are NaN"),
    "overflow": (flat(np.full(3072, 1e308)), "add up to inf"),
    "overlap": (multiorder([4, 16, 17], SOME), "cells overlap: 2"),
    "twice": (multiorder([4, 4, 5], SOME), "overlap"),
    "uniq 3": (multiorder([3, 4, 5], SOME), "UNIQ 3 is no cell"),
    "uniq of order 30": (multiorder([2**62, 4, 5], SOME), "is no cell"),
    "half a uniq": (
        table({"UNIQ": np.array([4.5, 5.0]), "PROB": SOME[:2]}, {"ORDERING": "NUNIQ"}),
        "not whole",
    ),
    "pixel beyond": (table({"PIXEL": np.array([0, 3072]), "PROB": SOME[:2]}, EXPLICIT), "to 3072"),
    "pixel twice": (table({"PIXEL": np.array([7, 7]), "PROB": SOME[:2]}, EXPLICIT), "overlap"),
    "explicit without": (flat(INDXSCHM="EXPLICIT"), "expected a column PIXEL"),
    "no rows": (multiorder([], []), "empty"),
    "rows": (with_cards(flat(), NAXIS2=10**12), "at most"),
    "image": (
        with_cards(flat(), XTENSION="'IMAGE'", NAXIS1=10**9, NAXIS2=10**9), "bytes: at most"
    ),
    "cells": (with_cards(multiorder(), NAXIS2=1 << 25), "33554432 pixels: at most"),
    "row bytes": (with_cards(flat(), NAXIS1=16), "take 8 bytes of a row, but NAXIS1 is 16"),
    "negative": (with_cards(flat(), NAXIS2=-1), "NAXIS2 is -1"),
    "form": (with_cards(flat(), TFORM1="'Z'"), "no form"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(read, tmp_path, case):
    data, words = REFUSED[case]
    with pytest.raises(MapError, match=words) as raised:
        read(data)
    text = str(raised.value)
    assert text.startswith(f"{tmp_path / 'map.fits'}: ")
    assert "\n" not in text and len(text) < 500


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.fits: no such map"):
        read_map(tmp_path / "none.fits")
    with pytest.raises(MapError, match="no regular file"):
        read_map(tmp_path)


LVK = {
    "alert_type": "INITIAL", "superevent_id": "S230518h",
    "event": {
        "time": "2024-01-15T06:00:00.000Z", "skymap": base64.b64encode(multiorder()).decode(),
    },
}  # fmt: skip
CIRCLE = {
    "event_name": ["IC240115A"], "ra": 10.0, "dec": -5.0, "ra_dec_error": 2.0,
    "containment_probability": 0.5, "trigger_time": "2024-01-15T06:00:00Z",
}  # fmt: skip
NESTED = {
    "event": {"event_name": ["IC240115A"], "id": ["1", "2"]},
    "localization": {"ra": 10.0, "dec": -5.0, "semi_major": 2.0, "semi_minor": None,
                     "containment_probability": 0.5},
    "discovery_datetime": {"trigger_time": "2024-01-15T06:00:00"},
}  # fmt: skip


def notice(value) -> bytes:
    return json.dumps(value).encode()


def test_a_notice_carries_a_map(read):
    found = read(notice(LVK), "n.json")
    assert (found.name, found.mjd) == ("S230518h", 60324.25)
    assert np.allclose(found.at(RA, DEC).density, expected())
    assert not found.account.notes


@pytest.mark.parametrize("value", [CIRCLE, NESTED])
def test_a_notice_is_an_error_circle(read, value):
    found = read(notice(value), "n.json")
    assert (found.name, found.mjd) == ("IC240115A", 60324.25)
    assert found.at(10.0, -5.0 + 1.9).level < 0.5 < found.at(10.0, -5.0 - 2.1).level


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (LVK | {"alert_type": "RETRACTION", "event": None}, "retracts S230518h"),
        (LVK | {"superevent_id": "MS240115a"}, "MS240115a is a mock"),
        (CIRCLE | {"alert_tense": "injection"}, "mock or a test"),
        (CIRCLE | {"alert_type": "retraction"}, "retracts"),
        (CIRCLE | {"ra_dec_error": None}, "neither a map .* nor an error circle"),
        (CIRCLE | {"ra_dec_error": [1, 2]}, "the larger first"),
        (CIRCLE | {"ra_dec_error": -1}, "expected positive"),
        (CIRCLE | {"ra_dec_error": "1 deg"}, "'1 deg' stands where a number"),
        (CIRCLE | {"containment_probability": 1.0}, "containment is 1.0"),
        (CIRCLE | {"dec": 95}, "no position"),
        (LVK | {"event": {"skymap": "?"}}, "no base64"),
        (LVK | {"event": {"skymap": "AAAA"}}, "SIMPLE"),
        (LVK | {"event": {"skymap": [1]}}, "no text"),
        ([CIRCLE], "expected a FITS file"),
    ],
)
def test_notices_that_do_not_count(read, value, words):
    with pytest.raises(MapError, match=rf"n\.json: .*{words}"):
        read(notice(value), "n.json")
    with pytest.raises(MapError, match="no JSON"):
        read(b'{"a": ' + b"[" * 100_000, "n.json")
