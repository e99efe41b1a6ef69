"""Weights in HDF5: refused where they are not in the file, or are more than it can hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.scores.signature import ModelError

WEIGHT_BYTES = 1 << 30
"""All weights of a network together; ONNX files cannot hold twice as much."""
HDF5_EXPANSION = 1000
"""HDF5's own compression: zeros deflate to a thousandth."""
MAX_OBJECTS = 100_000


def check_weights(path: str | Path, file: Path) -> None:
    """Raise unless all data of an HDF5 file lie in the file itself.

    HDF5 has links to other files, and data sets whose bytes are those of any other file:
    loaded as weights they would end in scores.

    Parameters
    ----------
    path : str or Path
        Named in the errors.
    file : Path
        What to look into.

    Raises
    ------
    ModelError
        If it refers to other files, has links that are no objects, is damaged, or claims
        more than `WEIGHT_BYTES` or `HDF5_EXPANSION` times its size.
    """
    import h5py  # noqa: PLC0415 (comes with TensorFlow)

    most = min(WEIGHT_BYTES, HDF5_EXPANSION * file.stat().st_size)
    total = 0
    try:
        with h5py.File(file) as root:
            for name, item in _walk(path, root):
                if not isinstance(item, h5py.Dataset):
                    continue
                if item.is_virtual or item.external:
                    raise ModelError(f"{path}: the data of {name!r} lie in another file")
                if item.dtype.kind not in "biuf":
                    raise ModelError(f"{path}: {name!r} holds {item.dtype}, not numbers")
                total += item.nbytes
                if total > most:
                    raise ModelError(f"{path}: its weights claim more than {most} bytes")
    except ModelError:
        raise
    except Exception as error:  # h5py raises some ten classes on damage
        raise ModelError(f"{path}: its weights are damaged") from error


def _walk(path: str | Path, root: Any) -> Iterator[tuple[str, Any]]:
    """Yield each of h5py's objects of a file once; links other than to its own are refused."""
    import h5py  # noqa: PLC0415

    waiting = [("", root)]
    seen = {_place(root)}
    while waiting:
        prefix, group = waiting.pop()
        for key in group:
            name = f"{prefix}/{key}"[-200:]
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise ModelError(f"{path}: {name!r} is a link to another place or file")
            item = group[key]
            if _place(item) in seen:
                continue
            seen.add(_place(item))
            if len(seen) > MAX_OBJECTS:
                raise ModelError(f"{path}: has more than {MAX_OBJECTS} groups and data sets")
            yield name, item
            if isinstance(item, h5py.Group):
                waiting.append((name, item))


def _place(item: Any) -> int:
    import h5py  # noqa: PLC0415

    return h5py.h5o.get_info(item.id).addr
