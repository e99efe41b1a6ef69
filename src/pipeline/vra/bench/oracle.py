"""The oracle of a bench: labels of all alerts that it may be asked about, as a file."""

import logging
from pathlib import Path

from pipeline.vra.labels.store import of_file

MOST_TOLD = 20
logger = logging.getLogger(__name__)


def read_oracle(path: Path) -> dict[int, str]:
    """Return the label of each candid; what is no label is logged, and left out.

    Parameters
    ----------
    path : Path
        A labels file in finkvra's columns; the last label of a candid counts.

    Raises
    ------
    ValueError
        If there is no label in it.
    OSError
    """
    found = of_file(path, "oracle")
    for problem in found.problems[:MOST_TOLD]:
        logger.warning("%s", problem)
    labels = {label.candid: label.label for label in found.given}
    if not labels:
        raise ValueError(f"{path}: no label in it; candid,objectId,label,timestamp was expected")
    return labels
