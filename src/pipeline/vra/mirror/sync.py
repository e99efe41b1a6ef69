"""All closed rounds of an experiment → MLflow, and a receipt of what is there."""

from pathlib import Path
from typing import Any

from pipeline.io.atomic import write_json
from pipeline.vra.mirror.run import mirror_round
from pipeline.vra.mirror.store import Store, StoreError, in_one_line, store_uri
from pipeline.vra.places import CLOSED, MLFLOW_RECEIPT, is_closed, round_name, rounds


def closed_rounds(directory: Path, experiment: str) -> dict[int, Path]:
    """Return the folders of the rounds that are closed, in their order."""
    return {
        number: directory / CLOSED.format(experiment=experiment, round=round_name(number))
        for number in rounds(directory, experiment)
        if is_closed(directory, experiment, number)
    }


def sync(
    directory: Path, experiment: str, uri: str | None, closed: dict[int, Path]
) -> dict[str, Any]:
    """Write what is missing into the store; return the receipt, which says why not all is there.

    Parameters
    ----------
    directory : Path
        The working directory.
    experiment : str
    uri : str, optional
        See `pipeline.vra.mirror.store.Store`.
    closed : dict of int to Path
        Folders of closed rounds.

    Returns
    -------
    dict
        ``uri``, ``runs`` (by round), ``new`` (rounds), ``waiting`` (rounds) and ``reason``, null
        if none waits. A store that cannot be reached is no error: the rounds are the truth.
    """
    runs: dict[str, str] = {}
    new: list[int] = []
    reason = None
    try:
        store = Store(directory, experiment, uri)
        before = None
        for number, folder in sorted(closed.items()):
            try:
                before, is_new = mirror_round(store, folder, before)
            except Exception as error:  # MLflow's, requests', SQLAlchemy's, a damaged round's
                raise StoreError(f"round {number}: {in_one_line(error)}") from error
            runs[str(number)] = before
            new += [number] if is_new else []
    except StoreError as error:
        reason = str(error)
    waiting = [number for number in sorted(closed) if str(number) not in runs]
    return {
        "uri": store_uri(directory, uri),
        "experiment": experiment,
        "runs": runs,
        "new": new,
        "waiting": waiting,
        "reason": reason,
    }


def sync_all(directory: Path, experiment: str, uri: str | None) -> dict[str, Any]:
    """Mirror all closed rounds of a working directory, and write the receipt."""
    receipt = sync(directory, experiment, uri, closed_rounds(directory, experiment))
    write_json(receipt, directory / MLFLOW_RECEIPT.format(experiment=experiment))
    return receipt
