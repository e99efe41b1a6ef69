"""What is said at the end of a run: rounds that wait for MLflow."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.io.json_file import read_json
from pipeline.vra.places import MLFLOW_RECEIPT


def mirror_lines(directory: Path) -> Iterator[str]:
    """Yield a line for each experiment that MLflow does not have whole."""
    for path in sorted(directory.glob(MLFLOW_RECEIPT.format(experiment="*"))):
        receipt = read_json(path)
        if receipt["waiting"]:
            rounds = ", ".join(map(str, receipt["waiting"]))
            one = len(receipt["waiting"]) == 1
            yield (
                f"assistant {receipt['experiment']}: round{'' if one else 's'} {rounds} "
                f"{'is' if one else 'are'} not in MLflow yet: "
                f"{receipt['reason']}: nightmill vra sync"
            )
