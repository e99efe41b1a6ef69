"""Stores: what is written, what is skipped, what happens to broken input."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from pipeline.crossmatch.build import build_store, build_store_from_alerts
from pipeline.crossmatch.domain import Catalog
from pipeline.crossmatch.store import open_store
from pipeline.io.atomic import atomic_folder
from pipeline.sky.healpix import lonlat_to_vec, vec_to_pixel

ROWS = 500


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    return Table(
        {
            "ra": rng.uniform(0, 360, ROWS),
            "dec": rng.uniform(-90, 90, ROWS),
            "name": [f"star {i}" for i in range(ROWS)],
            "count": np.arange(ROWS, dtype=np.int16),
        },
        units={"ra": "deg", "dec": "deg"},
    )


def catalog(path, **keys):
    keys = {"columns": ["name", "count"], **keys}
    return Catalog(path=str(path) or "any", **keys).source


def write(table, path):
    if path.suffix == ".parquet":
        columns = {name: np.array(table[name]) for name in table.colnames}
        pq.write_table(pa.table(columns), path)
    elif ".csv" in path.suffixes or ".tsv" in path.suffixes:
        delimiter = "\t" if ".tsv" in path.suffixes else ","
        table.write(path.with_suffix(".text"), format="ascii.csv", delimiter=delimiter)
        text = path.with_suffix(".text").read_bytes()
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    else:
        table.write(path, format="votable" if "vot" in path.suffix else "fits")
    return path


@pytest.mark.parametrize(
    "suffix", ["fits", "fits.gz", "csv", "csv.gz", "tsv", "parquet", "vot", "xml.votable"]
)
def test_every_format_gives_the_same_store(tmp_path, table, suffix):
    path = write(table, tmp_path / f"cat.{suffix}")
    meta = build_store(path, tmp_path / "store", catalog(path))
    assert meta["rows"] == ROWS
    assert meta["skipped"] == {"position": 0}
    store = open_store(tmp_path / "store")
    assert isinstance(store.ipix, np.memmap) and isinstance(store.vec, np.memmap)
    assert (np.diff(store.ipix) >= 0).all()
    assert (vec_to_pixel(store.nside, store.vec, nest=True) == store.ipix).mean() > 0.99
    names, columns = store.take(np.arange(ROWS))
    source = np.array(names).astype(int)  # without an id, the row number
    assert sorted(source) == list(range(ROWS))
    assert store.vec == pytest.approx(
        lonlat_to_vec(table["ra"][source], table["dec"][source]), abs=1e-12
    )
    assert columns["name"].to_pylist() == [f"star {i}" for i in source]
    assert columns["count"].to_pylist() == source.tolist()


def test_take_in_any_order_with_repetition_and_nulls(tmp_path, table, monkeypatch):
    monkeypatch.setattr("pipeline.crossmatch.build.BATCH_ROWS", 1)
    path = write(table, tmp_path / "cat.fits")
    build_store(path, tmp_path / "store", catalog(path, id="name"))
    store = open_store(tmp_path / "store")
    assert len(store.rows.batches) > 50  # one a bucket
    everything = store.take(np.arange(ROWS))[0].to_pylist()
    rows = np.array([499, 3, -1, 3, 0, 250, -2])
    names, columns = store.take(rows)
    expected = [everything[r] if r >= 0 else None for r in rows]
    assert names.to_pylist() == columns["name"].to_pylist() == expected
    assert store.take(rows[:0])[1].num_rows == 0


def test_units_are_kept(tmp_path, table):
    path = write(table, tmp_path / "cat.fits")
    meta = build_store(path, tmp_path / "store", catalog(path, columns=["ra"]))
    assert meta["columns"] == {"ra": {"unit": "deg"}}
    assert open_store(tmp_path / "store").schema.field("ra").metadata == {b"unit": b"deg"}


def test_integers_that_stand_for_nothing(tmp_path):
    column = fits.Column("count", "I", null=-99, array=np.array([1, -99], np.int16))
    position = [fits.Column(name, "D", array=np.array([1.0, 2.0])) for name in ("ra", "dec")]
    fits.BinTableHDU.from_columns([*position, column]).writeto(tmp_path / "cat.fits")
    build_store(tmp_path / "cat.fits", tmp_path / "store", catalog("", columns=["count"]))
    assert set(open_store(tmp_path / "store").take(np.arange(2))[1]["count"].to_pylist()) == {
        1,
        None,
    }


HOSTILE = """ra,dec,name,count
10.0,-20.0,fine,1
ten,-20.0,text,1
,,null,1
400,0,right ascension out of range,1
0,95,declination out of range,1
nan,inf,not finite,1
1,2
1,2,3,4,5,6
-10,0,negative,x
00:01:16.37,-00 30 00.0,sexagesimal,1
00:61:16.37,+00:30:00.0,no such minute,1
"""


def test_bad_rows_are_skipped_and_counted(tmp_path):
    (tmp_path / "cat.csv").write_text(HOSTILE)
    meta = build_store(tmp_path / "cat.csv", tmp_path / "store", catalog("", id="name"))
    assert meta["rows"] == 3
    assert meta["skipped"] == {"malformed": 2, "position": 6}
    store = open_store(tmp_path / "store")
    names, columns = store.take(np.arange(3))
    where = {name: store.vec[i] for i, name in enumerate(names.to_pylist())}
    assert set(where) == {"fine", "negative", "sexagesimal"}
    assert where["negative"] == pytest.approx(lonlat_to_vec(350, 0), abs=1e-15)
    seconds = 15 * (60 + 16.37) / 3600
    assert where["sexagesimal"] == pytest.approx(lonlat_to_vec(seconds, -0.5), abs=1e-15)
    assert sorted(columns["count"].to_pylist()) == ["1", "1", "x"]


def test_galaxies_without_a_distance_are_skipped_and_counted(tmp_path):
    (tmp_path / "cat.csv").write_text("ra,dec,z\n1,1,0.1\n2,2,\n3,3,inf\n4,4,unknown\n5,95,\n")
    galaxies = catalog("", columns=[], distance={"column": "z", "unit": "redshift"})
    meta = build_store(tmp_path / "cat.csv", tmp_path / "store", galaxies)
    assert meta["rows"] == 1
    assert meta["skipped"] == {"distance": 3, "position": 1}
    assert open_store(tmp_path / "store").distance.tolist() == [0.1]


def test_a_type_that_changes_far_into_a_csv(tmp_path):
    lines = ["1,2,3"] * 300_000
    (tmp_path / "cat.csv").write_text("\n".join(["ra,dec,name", *lines, "3,4,abc"]))
    meta = build_store(tmp_path / "cat.csv", tmp_path / "store", catalog("", columns=["name"]))
    assert meta["rows"] == 300_001


def test_identifiers_stay_as_they_are_written(tmp_path):
    (tmp_path / "cat.csv").write_text("ra,dec,key\n1,2,0012\n")
    build_store(tmp_path / "cat.csv", tmp_path / "store", catalog("", id="key", columns=[]))
    assert open_store(tmp_path / "store").take(np.array([0]))[0].to_pylist() == ["0012"]


@pytest.mark.parametrize("text", ["ra,dec,name,count\n", "ra,dec,name,count\n1,2,x,3\n"])
def test_none_or_one_row(tmp_path, text):
    (tmp_path / "cat.csv").write_text(text)
    meta = build_store(tmp_path / "cat.csv", tmp_path / "store", catalog(""))
    assert meta["rows"] == len(open_store(tmp_path / "store").ipix) == text.count("\n") - 1


def test_dictionaries_that_differ_from_batch_to_batch(tmp_path):
    for i, names in enumerate((["a", "b"], ["c", "a"])):
        column = pa.array(names).dictionary_encode()
        rows = pa.table({"ra": [1.0, 2.0], "dec": [i, i], "name": column, "count": [i, i]})
        pq.write_table(rows, tmp_path / f"{i}.parquet")
    # a folder is one catalogue
    build_store(tmp_path, tmp_path / "out" / "store", catalog(""))
    columns = open_store(tmp_path / "out" / "store").take(np.arange(4))[1]
    assert columns.schema.field("name").type == pa.string()
    assert sorted(columns["name"].to_pylist()) == ["a", "a", "b", "c"]


def test_alerts_as_a_catalogue(tmp_path):
    for shard in range(2):
        alerts = pa.table(
            {
                "candid": [2475433850015010009 + shard, 3 + shard],
                "object_id": [f"ZTF{shard}", "ZTF3"],
                "ra": [10.0, 20.0],
                "dec": [0.0, None],
            }
        )
        pq.write_table(alerts, tmp_path / f"{shard}.parquet")
    ztf = Catalog(alerts="ztf", columns=["object_id"], surveys=["pgir"]).source
    tables = [tmp_path / f"{shard}.parquet" for shard in range(2)]
    meta = build_store_from_alerts(tables, tmp_path / "store", ztf)
    assert (meta["source"], meta["rows"], meta["skipped"]) == ("alerts of ztf", 2, {"position": 2})
    names, columns = open_store(tmp_path / "store").take(np.arange(2))
    assert names.to_pylist() == ["2475433850015010009", "2475433850015010010"]
    assert columns["object_id"].to_pylist() == ["ZTF0", "ZTF1"]


def test_no_alerts_at_all(tmp_path):
    with pytest.raises(ValueError, match="ztf: no tables of alerts"):
        build_store_from_alerts([], tmp_path / "store", Catalog(alerts="ztf").source)


def broken_files(folder, table):
    """Return files that are not catalogues, and what is said about each."""
    whole = write(table, folder / "whole.fits").read_bytes()
    packed = gzip.compress(whole)
    parquet = write(table, folder / "whole.parquet").read_bytes()
    votable = write(table, folder / "whole.vot").read_bytes()
    fits.PrimaryHDU(np.zeros((9, 9))).writeto(folder / "image.fits")
    contents = {
        "no.fits": b"hello" * 1000,
        "empty.fits": b"",
        "half.fits": whole[: len(whole) * 2 // 3],
        "nearly.fits": whole[:-3000],
        "header.fits": whole[:3000],
        "half.fits.gz": packed[: len(packed) // 2],
        "no.fits.gz": b"hello" * 1000,
        "no.parquet": b"hello" * 1000,
        "half.parquet": parquet[: len(parquet) // 2],
        "hole.parquet": parquet[:4] + b"\xff" * 100 + parquet[104:],
        "no.vot": b"<html></html>",
        "half.vot": votable[: len(votable) // 2],
        "empty.vot": b"",
        "twice.csv": b"ra,dec,ra\n1,2,3\n",
        "huge.csv": b"ra,dec,name,count\n1,2," + b"x" * 3_000_000 + b",1\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    expected = dict.fromkeys([*contents, "image.fits"], "cannot be read as")
    for name, content in {"empty.csv": b"", "no.csv": b"\x00\xff\r\n\x01,,,\n" * 100}.items():
        (folder / name).write_bytes(content)
        expected[name] = "no column 'ra', 'dec'"
    (folder / "words.csv").write_text("ra,dec,name,count\nleft,right,x,1\n")
    expected["words.csv"] = "none of its 1 rows has a valid position"
    (folder / "cat.dat").write_text("")
    expected["cat.dat"] = "suffix is one of .parquet"
    return expected


def test_what_is_not_a_catalogue_is_one_clear_line(tmp_path, table):
    for name, message in broken_files(tmp_path, table).items():
        with pytest.raises(ValueError, match=message) as error:
            build_store(tmp_path / name, tmp_path / "store", catalog(""))
        assert name in str(error.value) and "\n" not in str(error.value)
        assert not (tmp_path / "store").exists()
        assert not (tmp_path / ".store.part").exists()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.fits: no such catalogue file"):
        build_store(tmp_path / "nowhere.fits", tmp_path / "store", catalog(""))


@pytest.mark.parametrize("suffix", ["fits", "csv", "parquet", "vot"])
def test_missing_columns_are_named_with_those_present(tmp_path, table, suffix):
    path = write(table, tmp_path / f"cat.{suffix}")
    missing = catalog(path, ra="RAJ2000", columns=["count", "mag"])
    with pytest.raises(
        ValueError, match=rf"cat\.{suffix}: no column 'RAJ2000', 'mag'; its .* ra, dec, name, count"
    ):
        build_store(path, tmp_path / "store", missing)


def test_arrays_are_not_columns(tmp_path):
    Table({"ra": [1.0], "dec": [1.0], "flux": [[1.0, 2.0]]}).write(tmp_path / "cat.fits")
    with pytest.raises(ValueError, match=r"cat\.fits: .* column 'flux' holds arrays"):
        build_store(tmp_path / "cat.fits", tmp_path / "store", catalog("", columns=["flux"]))


def test_not_a_store(tmp_path, table):
    with pytest.raises(ValueError, match="nothing: is not a catalogue store"):
        open_store(tmp_path / "nothing")
    path = write(table, tmp_path / "cat.fits")
    build_store(path, tmp_path / "store", catalog(path))
    np.save(tmp_path / "store" / "ipix.npy", np.arange(3))
    with pytest.raises(ValueError, match="its files differ in length"):
        open_store(tmp_path / "store")


def test_a_store_is_replaced_whole_or_stays(tmp_path, table):
    path = write(table, tmp_path / "cat.fits")
    out = tmp_path / "store"
    build_store(path, out, catalog(path))
    write(table[:10], tmp_path / "less.fits")
    (out / ".snakemake_timestamp").touch()
    build_store(tmp_path / "less.fits", out, catalog(path))
    assert len(open_store(out).ipix) == 10

    with pytest.raises(FileNotFoundError) as error, atomic_folder(out) as part:
        (part / "file").write_text("half")
        (part / "nowhere").read_text()
    assert error.value.__notes__ == [f"while writing {out}"]
    assert len(open_store(out).ipix) == 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cat.fits", "less.fits", "store"]
