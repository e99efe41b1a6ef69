"""What the rules of scores do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.scores.network import Network

if TYPE_CHECKING:
    from pipeline.scores.engines import EngineKind
    from pipeline.simulate.train import Training


def convert_model(source: str, network: Mapping[str, Any], output: str) -> float:
    """Convert a model to ONNX; see `pipeline.scores.convert.convert_model`."""
    from pipeline.scores.convert import convert_model as convert

    return convert(source, output, Network(**network))


def score(
    index: str,
    survey: str,
    part: tuple[int, int],
    networks: Mapping[str, Mapping[str, Any]],
    files: Iterable[str],
    engine: "EngineKind",
    output: str,
) -> int:
    """Score one shard; see `pipeline.scores.shard.score_shard`.

    Parameters
    ----------
    index : str
        Of the night.
    survey : str
    part : (int, int)
        Which shard of how many.
    networks : mapping of str to mapping
        The values of each `Network`.
    files : iterable of str
        What the engine reads of each, in the same order.
    engine : str
        ``onnxruntime`` or ``tensorflow``.
    output : str
    """
    from pipeline.alerts.surveys.registry import get_survey
    from pipeline.scores.shard import score_shard

    models = {name: Network(**values) for name, values in networks.items()}
    paths = dict(zip(models, map(Path, files), strict=True))
    return score_shard(Path(index), get_survey(survey), part, models, paths, engine, Path(output))


def train_realbogus(number: int, seed: int, epochs: int, output: str) -> "Training":
    """Train the demonstration's network on simulated stamps.

    Parameters
    ----------
    number : int
        How many triplets.
    seed, epochs : int
    output : str

    Returns
    -------
    pipeline.simulate.train.Training
    """
    from pipeline.scores.triplets import make_triplets
    from pipeline.simulate.stream import training_stamps
    from pipeline.simulate.train import train_realbogus as train

    *stamps, labels = training_stamps(number, seed)
    triplets = make_triplets(*stamps)
    return train(triplets.images, labels, Path(output), seed=seed, epochs=epochs)
