"""What unit tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pandel_table(tmp_path_factory) -> Path:
    """Build the tables of the Pandel function once."""
    from pipeline.skymaps.recos.pandel_table import build_table

    path = tmp_path_factory.mktemp("tables") / "pandel.npz"
    build_table(path)
    return path
