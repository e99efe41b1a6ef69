"""Class and host of the pool in the workflow, and what a changed catalogue or dust map reruns."""

import csv
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from lasair_server import SECRET, lasair
from workdir import Workdir

from pipeline.simulate.alerts import simulate_alerts
from pipeline.vra.context.lasair import TOKEN
from pipeline.vra.places import DUST_FILES

pytestmark = pytest.mark.workflow
FILTER = "name: every\npermissions: [1, 2, 3]\npipeline:\n  - $match: {candid: {$gt: 0}}\n"
NIGHT = "20260101"
SIZE = 64


def dust_map(folder, value):
    """Write a map of one value everywhere."""
    step = np.degrees(np.sqrt(2)) / (SIZE / 2)
    for name, pole in zip(DUST_FILES, (1, -1), strict=True):
        header = fits.Header()
        header.update({
            "CTYPE1": "GLON-ZEA", "CTYPE2": "GLAT-ZEA", "CRPIX1": SIZE / 2 + 0.5,
            "CRPIX2": SIZE / 2 + 0.5, "CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step,
            "CRVAL1": 90.0, "CRVAL2": 90.0 * pole, "LONPOLE": 180.0, "LAM_NSGP": pole,
            "LAM_SCAL": SIZE / 2,
        })  # fmt: skip
        values = np.full((SIZE, SIZE), value, np.float32)
        fits.PrimaryHDU(values, header).writeto(folder / name, overwrite=True)


def galaxies(path, alerts, shift_arcsec):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("name", "ra", "dec"))
        for n, row in enumerate(alerts):
            writer.writerow((f"g{n}", row["ra"], row["dec"] + shift_arcsec / 3600))


@pytest.fixture
def directory(tmp_path) -> Workdir:
    found = Workdir(tmp_path)
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters/every.yaml").write_text(FILTER)
    (tmp_path / "dust").mkdir()
    dust_map(tmp_path / "dust", 0.25)
    simulate_alerts(tmp_path / NIGHT, 60, 1, NIGHT, format_="tarball")
    configure(found, None)
    found.snakemake("--cores", "2")
    alerts = pq.read_table(tmp_path / f"results/alerts/ztf/{NIGHT}").to_pylist()
    galaxies(tmp_path / "galaxies.csv", alerts[:20], 4.0)
    return found


def configure(directory, context, **changes):
    vra = {"filter": "every", "dust_map": "dust"} | ({"context": context} if context else {})
    catalogs = {} if context is None else {
        "galaxies": {"path": "galaxies.csv", "id": "name", "radius_arcsec": 10} | changes
    }  # fmt: skip
    config = {"filters": {"path": "filters"}, "report": False, "vra": vra, "catalogs": catalogs}
    lines = [("ztf", NIGHT, f"{NIGHT}/ztf_public_{NIGHT}.tar.gz", 1)]
    directory.write_config(config, lines)


def features(directory):
    return pq.read_table(directory.path / "results/features").to_pylist()


def test_context_and_what_reruns_it(directory):
    rows = features(directory)
    assert {round(row["ebv"], 6) for row in rows} == {0.25}
    assert {row["reason"] for row in rows} == {"sep_arcsec: no context is configured"}

    # another map: features alone
    dust_map(directory.path / "dust", 0.5)
    assert directory.planned() == {"features": 1}

    configure(directory, {"roles": {"galaxy": ["galaxies"]}})
    assert set(directory.planned()) == {
        "sort_catalog", "match", "filter", "summarise_filters", "context", "features",
    }  # fmt: skip
    directory.snakemake("--cores", "2")
    there = [row for row in features(directory) if row["sep_arcsec"] is not None]
    assert len(there) >= 20
    assert all(row["reason"] is None for row in there)
    reasons = {row["reason"] for row in features(directory)}
    assert reasons <= {None, "sep_arcsec: nothing of galaxies within 10 arcsec"}
    context = pq.read_table(directory.path / "results/context").to_pylist()
    assert {row["classification"] for row in context} == {"SN", "ORPHAN"}
    assert {round(row["ebv"], 6) for row in there} == {0.5}

    # what counts as being at it: no alert is matched anew
    configure(directory, {"roles": {"galaxy": ["galaxies"]}, "at_it_arcsec": 5, "drop": ["NT"]})
    assert directory.planned() == {"context": 1, "features": 1}
    directory.snakemake("--cores", "2")
    assert all(row["sep_arcsec"] is None for row in features(directory))
    assert len(features(directory)) == len(context) - len(there)


def test_context_by_lasair(directory):
    with lasair() as sky:
        context = {"lasair": {"url": sky.url, "per_hour": 1000}, "drop": ["ORPHAN"]}
        vra = {"filter": "every", "dust_map": "dust", "context": context}
        config = {"filters": {"path": "filters"}, "report": False, "vra": vra}
        lines = [("ztf", NIGHT, f"{NIGHT}/ztf_public_{NIGHT}.tar.gz", 1)]
        directory.write_config(config, lines)
        assert directory.planned() == {"sherlock": 1, "features": 1}
        said = directory.snakemake("--cores", "2", ok=False)
        assert "set LASAIR_TOKEN to ask" in said
        directory.variables[TOKEN] = SECRET
        said = directory.snakemake("--cores", "2")
        assert SECRET not in said
    asked = len(sky.asked)
    assert 0 < asked <= 60
    rows = features(directory)
    assert {row["sep_arcsec"] for row in rows} == {3.25}
    context_ = pq.read_table(directory.path / "results/context").to_pylist()
    assert {row["classification"] for row in context_} == {"SN", "ORPHAN"}
    assert len(rows) == sum(row["classification"] == "SN" for row in context_)

    # without a network and a token: the answers are files; how fast one may ask changes nothing
    del directory.variables[TOKEN]
    context["lasair"]["per_hour"] = 7
    directory.write_config(config, lines)
    assert directory.planned() == {}
    (path,) = directory.path.glob("results/context/*/*/*.parquet")
    path.unlink()
    directory.snakemake("--cores", "2")
    assert pq.read_table(directory.path / "results/context").to_pylist() == context_


def test_what_cannot_be(directory):
    shutil.copy(directory.path / "galaxies.csv", directory.path / "other.csv")
    for roles, changes, said in (
        ({"galaxy": ["milky"]}, {}, "vra.context.roles.galaxy: milky: is not among the catalogues"),
        ({"agn": ["galaxies"]}, {"surveys": ["wntr"]}, "galaxies.surveys does not list ztf"),
        ({"host": ["galaxies"]}, {}, "vra.context.roles"),
        ({"star": ["galaxies"]}, {"path": None, "id": None, "alerts": "ztf"}, "holds alerts"),
    ):
        configure(directory, {"roles": roles}, **changes)
        assert said in directory.snakemake("--dry-run", ok=False)


def test_further_features(directory):
    pytest.importorskip("light_curve", reason="light-curve")
    vra = {"filter": "every", "dust_map": "dust"}
    config = {"filters": {"path": "filters"}, "report": False}
    lines = [("ztf", NIGHT, f"{NIGHT}/ztf_public_{NIGHT}.tar.gz", 1)]
    further = {"alerts": ["magpsf", "distnr"], "light_curve": ["EtaE", "Periodogram"]}
    directory.write_config({**config, "vra": vra | {"further": further}}, lines)
    assert directory.planned() == {"features": 1}
    directory.snakemake("--cores", "2")
    rows = features(directory)
    assert all(row["alerts_magpsf"] > 10 for row in rows)
    assert sum(row["eta_e"] is not None for row in rows) > 10
    for wrong, said in (
        ({"alerts": ["objectId"]}, "vra.further.alerts: objectId: no column of numbers that ztf"),
        ({"scores": ["braai"]}, "vra.further.scores: braai: no model of `models`"),
        ({"light_curve": ["BazinFit"]}, "vra.further.light_curve: BazinFit: cannot be had without"),
        ({"light_curve": ["Median"]}, "vra.further: median, medianr_: is among the 21"),
    ):
        directory.write_config({**config, "vra": vra | {"further": wrong}}, lines)
        assert said in directory.snakemake("--dry-run", ok=False)
