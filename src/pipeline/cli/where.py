"""Print where the Snakefile lies, or the folder of profiles, configuration or demonstration."""

import argparse
from pathlib import Path

import pipeline

COMMAND = "where"
EXAMPLES = (
    "nightmill where",
    "nightmill where profiles",
)
PLACES = {
    "snakefile": "workflow/Snakefile",
    "workflow": "workflow",
    "profiles": "profiles",
    "config": "config",
    "demo": "demo",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "what", nargs="?", choices=PLACES, default="snakefile", help="default: snakefile"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the path."""
    print(find(arguments.what))


def find(what: str) -> Path:
    """Return the path of one of `PLACES`, in a checkout as in an installed package.

    Raises
    ------
    FileNotFoundError
        If it is neither beside the package's sources nor within the package.
    """
    package = Path(next(iter(pipeline.__path__))).resolve()
    # A checkout has them beside src/; the wheel has them in the package (pyproject.toml).
    for root in (package.parents[1], package / "shipped"):
        if (root / PLACES["snakefile"]).is_file():
            return root / PLACES[what]
    raise FileNotFoundError(2, "no workflow is installed here", str(package / "shipped"))
