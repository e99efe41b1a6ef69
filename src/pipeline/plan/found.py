"""What a working directory holds, in lines for a person."""

from pathlib import Path

from pipeline.contract import paths
from pipeline.io.messages import printable
from pipeline.plan.domains import DOMAINS


def found_lines(directory: Path) -> list[str]:
    """Return where the results are, and what each domain found.

    Raises
    ------
    FileNotFoundError
        If nothing has been run there.
    """
    results = directory / paths.RESULTS
    if not results.is_dir():
        raise FileNotFoundError(
            f"{results}: no results; run the workflow first or name another directory"
        )
    parts = [domain.found for domain in DOMAINS if domain.found is not None]
    lines = [printable(line) for part in parts for line in part(directory)]
    return [f"Results are in {results}", *(f"  {line}" for line in lines)]
