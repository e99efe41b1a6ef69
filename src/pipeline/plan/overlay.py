"""The configuration as Snakemake puts it together: config/config.yaml, other files over it."""

from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path
from typing import Any

import yaml

from pipeline.contract.request import Request
from pipeline.contract.section import ConfigError
from pipeline.plan.check import check_request
from pipeline.plan.load import load_request
from pipeline.plan.twice import check_keys

DEFAULT = Path("config/config.yaml")


def read_request(directory: Path, files: Iterable[Path]) -> Request:
    """Read and check what the workflow would run on; see `read_unchecked`."""
    request = read_unchecked(directory, files)
    with chdir(directory):
        check_request(request)
    return request


def read_unchecked(directory: Path, files: Iterable[Path]) -> Request:
    """Read what the workflow would run on; `pipeline.plan.check.problems` are not looked for.

    Parameters
    ----------
    directory : Path
        The workflow's working directory: paths in the configuration begin there.
    files : iterable of Path
        Laid over the directory's ``config/config.yaml``, if it has one.

    Raises
    ------
    ConfigError
        If there is no configuration, or one line for each thing that is wrong with it.
    OSError
        If the directory cannot be entered.
    """
    given = [file.resolve() for file in files]
    with chdir(directory):
        paths = [DEFAULT, *given] if DEFAULT.is_file() else given
        if not paths:
            where = directory / DEFAULT
            raise ConfigError(f"{where}: there is none; name a file by --configfile")
        check_keys(paths)
        values: Any = {}
        for path in paths:
            values = _over(values, yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        return load_request(values)


def _over(below: Any, above: Any) -> Any:
    """Lay one value over another: mappings are merged, anything else takes the other's place."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _over(below.get(key), value) for key, value in above.items()}
