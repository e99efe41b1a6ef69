"""Named pipes and devices under the names of inputs: told at once, never waited on."""

import os
import signal
from pathlib import Path

import pytest
from nights import ZTF, build_index, run, write_folder
from packets import container, packet

from pipeline.crossmatch.build import build_store
from pipeline.crossmatch.domain import Catalog
from pipeline.scores.convert import convert_model
from pipeline.scores.domain import Model
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.originals import load_original


@pytest.fixture(autouse=True)
def impatient():
    """Fail what waits for 20 s, by an error that no code takes for its own."""

    def waited(*_):
        pytest.fail("it waits on a pipe")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("name", ["0.avro", "9.avro", "0.parquet"])
def test_in_the_folder_of_a_night(tmp_path, name):
    folder = write_folder(tmp_path / "night", {"5.avro": container([packet(5)])})
    pipe(folder / name)
    (folder / "7.avro").symlink_to("/dev/zero")
    tables, total = run(tmp_path, folder)
    assert tables["alerts"]["candid"].to_pylist() == [5]
    assert (total["read"], total["rejected"]) == (3, 2)
    found = {row["source"]: row["reason"] for row in tables["rejected"].to_pylist()}
    assert found == dict.fromkeys(map(str, (folder / name, folder / "7.avro")), "no regular file")


@pytest.mark.parametrize("name", ["n.avro", "n.parquet", "n.tar", "n.tar.gz", "n.tgz"])
def test_as_the_dump(tmp_path, name):
    path = pipe(tmp_path / name)
    with pytest.raises(OSError, match=f"^{path}: no regular file"):
        build_index(path, ZTF, tmp_path / "i.parquet", tmp_path / "s.bin")


@pytest.mark.parametrize(
    "name", ["c.csv", "c.tsv", "c.csv.gz", "c.fits", "c.fits.gz", "c.vot", "c.xml", "c.parquet"]
)
def test_as_a_catalogue(tmp_path, name):
    path = pipe(tmp_path / name)
    with pytest.raises(OSError, match=f"^{path}: no regular file"):
        build_store(path, tmp_path / "store", Catalog(path=str(path)))


def test_as_an_onnx_model(tmp_path):
    path = pipe(tmp_path / "m.onnx")
    with pytest.raises(OSError, match=f"^{path}: no regular file"):
        convert_model(path, tmp_path / "out.onnx", Model(version="1", path=str(path)))


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
def test_as_a_keras_model(tmp_path, name):
    path = pipe(tmp_path / name)
    with pytest.raises(OSError, match=f"^{path}: no regular file"):  # before TensorFlow is there
        load_original(path, Model(version="1", path=str(path)))
    with pytest.raises(OSError, match=f"^{path}: no regular file"), checked_copy(path):
        pass
