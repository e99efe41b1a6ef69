"""Where the assistant's rounds are, and which of them is open."""

import re
from pathlib import Path

from pipeline.contract.paths import RESULTS

DUST_FILES = ("SFD_dust_4096_ngp.fits", "SFD_dust_4096_sgp.fits")
"""Of a dust map: of the northern and the southern galactic hemisphere."""
EXPERIMENT = f"{RESULTS}/vra/{{experiment}}"
ROUND = f"{EXPERIMENT}/round_{{round}}"
WORKLIST = f"{ROUND}/worklist.parquet"
BEGAN = f"{ROUND}/round.json"
"""With what a round began: see `pipeline.vra.rounds.began`."""
CLOSED = f"{ROUND}/closed"
"""A folder, which is there whole or not at all."""
_MLFLOW = f"{RESULTS}/vra/mlflow"
MLFLOW_DATABASE, MLFLOW_ARTIFACTS = f"{_MLFLOW}/mlflow.db", f"{_MLFLOW}/artifacts"
"""Where closed rounds are mirrored, unless a server is named."""
MLFLOW_RECEIPT = f"{EXPERIMENT}/mlflow.json"
_DRIFT = f"{EXPERIMENT}/drift/{{survey}}/{{night}}"
DRIFT, DRIFT_PNG = f"{_DRIFT}.csv", f"{_DRIFT}.png"
_BENCH = f"{EXPERIMENT}/bench"
CAMPAIGN = f"{_BENCH}/{{strategy}}-{{size}}-{{seed}}.json"
CURVES, CURVES_PNG = f"{_BENCH}/curves.csv", f"{_BENCH}/curves.png"
_ROUND = re.compile(r"round_([0-9]{3,6})")


def round_name(number: int) -> str:
    """Return a round in the name of its folder, so that names sort as numbers do.

    >>> round_name(7)
    '007'
    """
    return f"{number:03d}"


def rounds(directory: Path, experiment: str) -> list[int]:
    """Return the rounds of an experiment that have begun, in their order."""
    folder = directory / EXPERIMENT.format(experiment=experiment)
    found = [_ROUND.fullmatch(path.name) for path in folder.glob("round_*")]
    numbers = [int(name[1]) for name in found if name is not None]
    return sorted(number for number in numbers if _is(directory, WORKLIST, experiment, number))


def open_round(directory: Path, experiment: str) -> int | None:
    """Return the newest round if it is not closed."""
    begun = rounds(directory, experiment)
    if not begun or is_closed(directory, experiment, begun[-1]):
        return None
    return begun[-1]


def is_closed(directory: Path, experiment: str, number: int) -> bool:
    """Return whether a round is closed."""
    return _is(directory, CLOSED, experiment, number)


def _is(directory: Path, pattern: str, experiment: str, number: int) -> bool:
    path = pattern.format(experiment=experiment, round=round_name(number))
    return directory.joinpath(path).exists()
