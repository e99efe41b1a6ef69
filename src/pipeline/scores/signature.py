"""What a network takes and gives, checked before it sees the first alert."""

from collections.abc import Sequence

from pipeline.scores.network import Network
from pipeline.scores.triplets import CHANNELS, SIDE


class ModelError(ValueError):
    """A model file that cannot be used; the message names it."""


def expected_shapes(model: Network) -> list[tuple[int, ...]]:
    """Return the shapes of a model's inputs in its order, without the batch dimension.

    >>> expected_shapes(Network(("features", "triplet"), ("drb", "fwhm")))
    [(2,), (63, 63, 3)]
    """
    shapes = {"features": (len(model.feature_names),), "triplet": (SIDE, SIDE, len(CHANNELS))}
    return [shapes[name] for name in model.inputs]


def check_shapes(path: object, found: Sequence[Sequence[object]], model: Network) -> None:
    """Compare the shapes in a model file with what the configuration says it takes.

    Parameters
    ----------
    path : str or Path
        Named in the error.
    found : sequence of sequences
        Shapes of its inputs, the batch dimension first; a dimension that is not an
        integer takes any length.

    Raises
    ------
    ModelError
        If number, order or shape of the inputs differ.
    """
    expected = expected_shapes(model)
    fits = len(found) == len(expected) and all(
        len(f) == len(e) + 1
        and all(not isinstance(n, int) or n == m for n, m in zip(f[1:], e, strict=True))
        for f, e in zip(found, expected, strict=True)
    )
    if not fits:
        takes = ", ".join(f"({_written(f)})" for f in found)
        gets = ", ".join(
            f"{n} ({_written(('n', *e))})" for n, e in zip(model.inputs, expected, strict=True)
        )
        raise ModelError(f"{path}: the model takes {takes}, but its configured inputs are {gets}")


def _written(shape: Sequence[object]) -> str:
    return "x".join(str(n) if isinstance(n, int) else "n" for n in shape)
