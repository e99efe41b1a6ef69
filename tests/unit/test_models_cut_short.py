"""A model's file of which the end is missing is told as that, by its format's own lengths."""

import io
from pathlib import Path

import h5py
import networks
import numpy as np
import pytest
from keras_files import INPUT, as_h5, as_keras, sequential

from pipeline.scores.cut_short import check_saved_model, check_whole
from pipeline.scores.keras_files import checked_copy
from pipeline.scores.onnx_file import check_onnx
from pipeline.scores.signature import ModelError

DEMO = Path(__file__).parents[2] / "demo/models"


def hdf5(libver) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w", libver=libver) as file:
        file["weights"] = np.arange(1000.0)
    return content.getvalue()


WHOLE = {
    "superblock 0": hdf5("earliest"),
    "superblock 3": hdf5("latest"),
    "demo.h5": (DEMO / "realbogus.h5").read_bytes(),
    "demo.onnx": (DEMO / "realbogus.onnx").read_bytes(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_wherever_it_is_cut(name):
    content = WHOLE[name]
    check_whole(name, content)
    for size in (20, 60, len(content) // 2, len(content) - 1):
        with pytest.raises(ModelError, match=rf"^{name}: is cut short, {size} "):
            check_whole(name, content[:size])


def test_the_readers_say_so(tmp_path):
    files = [
        as_h5(tmp_path / "a.h5", sequential(INPUT)),
        as_keras(tmp_path / "a.keras", sequential(INPUT)),
        networks.of_feature(tmp_path / "a.onnx"),
    ]
    for path in files:
        content = path.read_bytes()
        for kept, words in (
            (content[: len(content) * 3 // 4], "is cut short, "),
            (b"", "is empty"),
        ):
            path.write_bytes(kept)
            with pytest.raises(ModelError, match=rf"^{path}: {words}"):
                if path.suffix == ".onnx":
                    check_onnx(path, kept)
                else:
                    with checked_copy(path):
                        pass


def test_the_graph_of_a_saved_model(tmp_path):
    graph = tmp_path / "saved_model.pb"
    check_saved_model(tmp_path)  # none: TensorFlow says what it misses
    graph.write_bytes(b"\x08\x01\x12\x05hello")
    check_saved_model(tmp_path)
    graph.write_bytes(b"\x08\x01\x12\x05hel")
    with pytest.raises(ModelError, match=rf"^{graph}: is cut short, 7 of 9 bytes"):
        check_saved_model(tmp_path)


@pytest.mark.parametrize(
    "content", [b"not a model", b"\x08", b"\x08\x80", b"PK\x05\x06" + b"\0" * 18]
)
def test_what_is_something_else_is_left_to_the_readers(content):
    try:
        check_whole("a", content)
    except ModelError as error:
        assert "is cut short" in str(error)  # as a message cut short may begin
