"""The HATS export: every alert once, in the partition and the order that its pixel says."""

import csv

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alert_tables import read_alerts, write_alerts

from pipeline.cli.main import main


@pytest.fixture
def directory(tmp_path):
    rng = np.random.default_rng(2)
    ra = np.concatenate([rng.uniform(0, 360, 200), 45 + rng.normal(0, 0.1, 400), [0.0, 359.9999]])
    dec = np.concatenate(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, 200))), rng.normal(0, 0.1, 400), [90.0, -90]]
    )
    write_alerts(tmp_path, ra[:300], dec[:300], shards=2, magpsf=np.linspace(15, 20, 300))
    write_alerts(tmp_path, ra[300:], dec[300:], "20180202", start=5000)
    return tmp_path


def export(directory, *options):
    out = directory / "hats"
    assert (
        main(["query", "export-hats", "ztf", str(out), "--directory", str(directory), *options])
        == 0
    )
    return out


def test_every_alert_is_where_its_pixel_says(directory):
    out = export(directory, "--rows", "100")
    with (out / "partition_info.csv").open() as file:
        partitions = [(int(row["Norder"]), int(row["Npix"])) for row in csv.DictReader(file)]
    assert len(partitions) == len(set(partitions)) > 12
    assert len({order for order, _ in partitions}) > 2
    parts = []
    for order, pixel in partitions:
        path = out / f"dataset/Norder={order}/Dir={pixel // 10000 * 10000}/Npix={pixel}.parquet"
        table = pq.read_table(path, partitioning=None)
        assert table.num_rows <= 100 or order == 10
        assert table.column_names[0] == "_healpix_29"
        spatial = table["_healpix_29"].to_numpy()
        assert (np.diff(spatial) >= 0).all()
        assert set(spatial >> 2 * (29 - order)) == {pixel}
        ra, dec = (table[name].to_numpy() for name in ("ra", "dec"))
        assert np.array_equal(spatial, healpy.ang2pix(2**29, ra, dec, nest=True, lonlat=True))
        parts.append(table)
    assert len(list(out.rglob("*.parquet"))) == len(partitions)
    whole = pa.concat_tables(parts).drop_columns(["_healpix_29"])
    alerts = read_alerts(directory)
    by = [("candid", "ascending")]
    assert whole.sort_by(by).to_pylist() == alerts.sort_by(by).to_pylist()
    schema = pq.read_schema(out / "dataset/_common_metadata")
    assert schema.equals(parts[0].schema)
    assert schema.field("candid").type == pa.int64()
    properties = dict(
        line.split("=") for line in (out / "hats.properties").read_text().splitlines()
    )
    assert properties["hats_nrows"] == str(alerts.num_rows)
    assert properties["dataproduct_type"] == "object"
    assert not list(out.glob("*.arrows"))


def test_some_columns(directory):
    out = export(directory, "--columns", "magpsf,fid")
    names = pq.read_schema(out / "dataset/_common_metadata").names
    assert names == ["_healpix_29", "candid", "ra", "dec", "magpsf", "fid"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lsst", "new"], "no alerts of 'lsst'; there are ztf"),
        (["ztf", "results"], "is there already"),
        (["ztf", "new", "--columns", "magpfs"], "has a column 'magpfs'"),
        (["ztf", "new", "--rows", "0"], "--rows is at least 1"),
    ],
)
def test_what_is_refused(directory, monkeypatch, capsys, words, said):
    monkeypatch.chdir(directory)
    assert main(["query", "export-hats", *words]) == 1
    assert said in capsys.readouterr().err
    assert not (directory / "new").exists()
