"""What the round before says: who has a label, and the probabilities by its model."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.io.json_file import read_json
from pipeline.vra.rounds.frozen import FROZEN, LABELS, META, labelled
from pipeline.vra.rounds.model_files import ONNX, score
from pipeline.vra.rounds.pool import matrix


class Before(NamedTuple):
    """What the round before says.

    Attributes
    ----------
    p : ndarray of float64, shape (n,), optional
        Its model's probability of class 1 for each alert of the pool; absent without a model.
    labelled : frozenset of int
        Candids that somebody gave a label, or skipped.
    """

    p: NDArray[np.float64] | None = None
    labelled: frozenset[int] = frozenset()


def before(closed: Path | None, pool: pa.Table) -> Before:
    """Return what the round before says of a pool; nothing of the first.

    Parameters
    ----------
    closed : Path or None
        Its folder.
    pool : pyarrow.Table
        See `pipeline.vra.rounds.pool.read_pool`.

    Raises
    ------
    ValueError
        If its files are damaged, or its model is gone: the next round would be at random without
        a word. The message names the file.
    """
    if closed is None:
        return Before()
    model = closed / ONNX
    had_one = read_json(closed / META, FROZEN)["reason"] is None
    if had_one and not model.exists():
        raise ValueError(f"{model}: is gone: put it back, or delete {closed} to close it anew")
    p = score(model, matrix(pool, features_of(closed))) if had_one else None
    return Before(p, frozenset(labelled(closed / LABELS)))


def features_of(closed: Path) -> list[str]:
    """Return the features that a closed round's model takes, in its order."""
    return [str(name) for name in read_json(closed / META, FROZEN)["features"]]
