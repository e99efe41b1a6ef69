"""Keras files: what lies in an .h5 or .keras file, checked before Keras sees it.

The file is read once. What is checked is copied to a folder of our own, and Keras loads the
copy: nobody can change it in between, and both read the same JSON.
"""

import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.io.regular import check_regular
from pipeline.scores.child import ChildError, in_child
from pipeline.scores.cut_short import check_whole
from pipeline.scores.keras_config import parse_config
from pipeline.scores.signature import ModelError
from pipeline.scores.weights import WEIGHT_BYTES, check_weights

LOOK_SECONDS = 60.0
"""ACAI's files take 0.1 s."""
CONFIG_BYTES = 64 << 20
"""A configuration that is longer is refused; that of ResNet-152 has 0.3 MB."""
MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
"""What a .keras file has; more (vocabularies, data sets) is for layers that are not loaded."""
ZIP_EXPANSION = 100
"""Weights are stored, or deflate to a tenth less: more than this is a bomb."""
_DAMAGED = (
    *(OSError, KeyError, ValueError, TypeError, RuntimeError, NotImplementedError, EOFError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, AttributeError, MemoryError),
)


@dataclass(frozen=True)
class KerasFile:
    """A file that was checked.

    Attributes
    ----------
    copy : Path
        What to load, as long as the context lasts.
    version : str
        Of the Keras that wrote it.
    """

    copy: Path
    version: str

    @property
    def major(self) -> int:
        """The version's first number: Keras 3 and those before read their own files alone."""
        return int(self.version.split(".", maxsplit=1)[0])


@contextmanager
def checked_copy(path: str | Path) -> Iterator[KerasFile]:
    """Check a Keras file and give a copy of what was checked.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ModelError
        If it is no Keras model with its configuration inside, is cut short or damaged, refers to
        other files, unpacks to far more than it holds, or its configuration is refused.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    check_regular(path)
    content = path.read_bytes()
    check_whole(path, content)
    zipped = zipfile.is_zipfile(io.BytesIO(content))
    with TemporaryDirectory(prefix="nightmill-") as folder:
        copy = Path(folder, "model.keras" if zipped else "model.h5")
        version = _copy_zip(path, content, copy) if zipped else _copy_h5(path, content, copy)
        yield KerasFile(copy, version)


def _copy_h5(path: Path, content: bytes, copy: Path) -> str:
    import h5py  # noqa: PLC0415 (comes with TensorFlow)

    copy.write_bytes(content)
    text, version = _look(path, _attributes, path, copy)
    config = parse_config(path, text)
    _look(path, check_weights, path, copy)
    with _reading(path), h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs.pop("training_config", None)
    return _version(path, version)


def _attributes(path: Path, copy: Path) -> tuple[str, str]:
    import h5py  # noqa: PLC0415

    with _reading(path), h5py.File(copy) as file:
        text, version = (_text(file.attrs[name]) for name in ("model_config", "keras_version"))
        file["model_weights"]
    return text, version


def _look(path: Path, function: Callable[..., Any], *arguments: Path) -> Any:
    """Call a function that opens HDF5: its library crashes or hangs on some damaged files."""
    try:
        return in_child(function, *arguments, seconds=LOOK_SECONDS)
    except ChildError as error:
        raise ModelError(f"{path}: not HDF5 that can be read: {error}") from None


def _copy_zip(path: Path, content: bytes, copy: Path) -> str:
    with _reading(path), zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        _check_members(path, names)
        metadata, text = (_read(path, archive, name, CONFIG_BYTES) for name in MEMBERS[:2])
        version = json.loads(metadata)["keras_version"]
        weights = _read(path, archive, MEMBERS[2], WEIGHT_BYTES)
    config = parse_config(path, text)
    inner = copy.with_name(MEMBERS[2])
    inner.write_bytes(weights)
    _look(path, check_weights, path, inner)
    parts: tuple[Any, ...] = (json.dumps({"keras_version": version}), json.dumps(config), weights)
    with zipfile.ZipFile(copy, "w") as archive:
        for name, part in zip(MEMBERS, parts, strict=True):
            archive.writestr(name, part)
    return _version(path, version)


def _check_members(path: Path, names: list[str]) -> None:
    if more := sorted(set(names) - set(MEMBERS)):
        raise ModelError(f"{path}: has {more[0][:80]!r}: expected {', '.join(MEMBERS)} alone")
    if len(names) > len(set(names)):
        raise ModelError(f"{path}: has a member twice")


def _read(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Unpack a member; what its header says of its size is not believed."""
    most = min(most, ZIP_EXPANSION * archive.getinfo(name).compress_size + 1_000_000)
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ModelError(f"{path}: {name} unpacks to more than {most} bytes")
    return content


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what damaged files make the readers raise into one clear error."""
    try:
        yield
    except ModelError:
        raise
    except _DAMAGED as error:
        raise ModelError(
            f"{path}: not a Keras model (.h5 or .keras with its configuration inside), or damaged"
        ) from error


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    raise ValueError("no text")


def _version(path: Path, version: object) -> str:
    if not isinstance(version, str) or not re.fullmatch(r"\d{1,3}\.[0-9A-Za-z.+-]{1,40}", version):
        raise ModelError(f"{path}: written by an unknown version of Keras, {str(version)[:80]!r}")
    return version
