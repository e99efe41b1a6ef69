"""The store of MLflow that rounds are mirrored in: a server, or a database under the results."""

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from pipeline.vra.places import MLFLOW_ARTIFACTS, MLFLOW_DATABASE

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Of MLflow, where the environment does not say otherwise: it would tell its makers of each
call, and ask a server that is down seven times."""
_MAKING = ".making-"
"""Begins the name of a folder in which a database is made."""


def imported_mlflow() -> Any:
    """Return MLflow's module, with `_SETTINGS`: it reads the environment, and takes 2 s."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: PLC0415

    return mlflow


def store_uri(directory: Path, uri: str | None) -> str:
    """Return where runs are kept: the server, or the database of a working directory.

    >>> store_uri(Path("/night"), None)
    'sqlite:////night/results/vra/mlflow/mlflow.db'
    """
    return uri or f"sqlite:///{directory.resolve() / MLFLOW_DATABASE}"


class StoreError(ValueError):
    """A store that cannot be reached, or does not answer as MLflow does; nothing is lost by it."""


class Store:
    """Runs of one experiment.

    Parameters
    ----------
    directory : Path
        The working directory.
    experiment : str
    uri : str, optional
        A server's address, as in ``vra.mlflow.uri``; without it a database under the results.

    Raises
    ------
    StoreError
        If it cannot be reached; the message is one line.
    """

    def __init__(self, directory: Path, experiment: str, uri: str | None = None) -> None:
        mlflow = imported_mlflow()
        logging.getLogger("mlflow").setLevel(logging.WARNING)  # each table that it makes
        self.uri = store_uri(directory, uri)
        self._artifacts = None
        hint = ""
        if uri is None:
            self._artifacts = (directory.resolve() / MLFLOW_ARTIFACTS / experiment).as_uri()
            hint = " (if it is damaged, delete it: it is filled again)"
        mlflow.set_tracking_uri(self.uri)
        self.mlflow = mlflow
        try:
            if uri is None:
                _make_database(directory.resolve() / MLFLOW_DATABASE)
            self.client: Any = mlflow.MlflowClient(self.uri)
            self.experiment_id = self._experiment(experiment)
        except Exception as error:  # MLflow's, requests', SQLAlchemy's
            raise StoreError(f"MLflow at {self.uri}: {in_one_line(error)}{hint}") from error

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is None:
            return str(self.client.create_experiment(name, artifact_location=self._artifacts))
        if found.lifecycle_stage != "active":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def runs(self, **tags: str) -> list[Any]:
        """Return the runs with some tags."""
        asked = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        return list(self.client.search_runs([self.experiment_id], asked))


def _make_database(path: Path) -> None:
    """Make an empty store where there is none: whole, or not at all.

    MLflow makes its tables one by one, and never goes on where it was killed.
    """
    if path.exists() and path.stat().st_size:
        return
    import mlflow  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    # MLflow remembers stores by their names: each has a new one
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=_MAKING) as folder:
        made = Path(folder, path.name)
        mlflow.MlflowClient(f"sqlite:///{made}").search_experiments(max_results=1)
        if not (path.exists() and path.stat().st_size):  # by another, by now
            os.replace(made, path)
    for left in path.parent.glob(f"{_MAKING}*"):  # by those who were killed
        shutil.rmtree(left, ignore_errors=True)


def in_one_line(error: Exception, most: int = 200) -> str:
    """Return an error's first words."""
    return " ".join(str(error).split())[:most]
